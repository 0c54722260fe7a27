import base64

import pytest

from sandbox.plugins.protocol.redaction import Redactor
from sandbox.plugins.protocol.values import Secret


def test_every_form_of_a_secret_is_hidden() -> None:
    encoded = base64.b64encode(b"hunter2-long").decode()
    redact = Redactor({"stringData": Secret({"password": "hunter2-long"})})
    assert redact(f'Invalid value: "hunter2-long", {encoded}') == 'Invalid value: "[secret]", [secret]'
    assert Redactor({"data": {"p": Secret(encoded)}})("was hunter2-long") == "was [secret]"


def test_a_password_inside_a_secret_url_is_hidden_alone_too() -> None:
    redact = Redactor({"url": Secret("postgresql://user:hunter2-long@db/x")})
    assert "hunter2" not in redact("authentication failed with hunter2-long")


@pytest.mark.parametrize("text", ["port 8080 is taken", "12 of 1123 rows"])
def test_a_short_secret_does_not_tear_holes_into_words(text: str) -> None:
    assert Redactor({"x": Secret("1")})(text) == text


def test_a_short_secret_is_hidden_where_it_stands_alone() -> None:
    assert Redactor({"x": Secret(1)})("got 1, expected") == "got [secret], expected"


def test_without_secrets_nothing_changes() -> None:
    assert Redactor({"x": "plain"})("plain text") == "plain text"
