"""What a server's command line says of its callers: by halves it ends the program, and nobody is let in by mistake."""

import argparse

import pytest

from mlops_runtime.access.guard import Guard
from mlops_runtime.access.options import add_options, options_of

TOKENS = ("--jwt-issuer", "i", "--jwt-audience", "a", "--jwks-url", "https://login.example.com/jwks.json")


def guard_by(*words: str) -> Guard | None:
    parser = argparse.ArgumentParser()
    add_options(parser)
    return options_of(parser, parser.parse_args(words)).guard()


@pytest.mark.parametrize(
    "words",
    [
        ("--client-keys", "keys"),
        TOKENS,
        (*TOKENS[:4], "--jwks-file", "jwks.json"),
        ("--client-keys", "keys", "--own-keys", "own", *TOKENS, "--requests-per-minute", "5", "--burst", "2"),
    ],
    ids=" ".join,
)
def test_keys_and_tokens_make_a_guard(words: tuple[str, ...]) -> None:
    assert isinstance(guard_by(*words), Guard)


def test_without_either_anybody_may_call() -> None:
    assert guard_by() is None


@pytest.mark.parametrize(
    "words",
    [
        ("--jwt-issuer", "i"),
        ("--jwt-issuer", "i", "--jwt-audience", "a"),
        ("--jwt-issuer", "i", "--jwks-url", "https://login.example.com/jwks.json"),
        (*TOKENS, "--jwks-file", "jwks.json"),
        ("--jwks-url", "https://login.example.com/jwks.json"),
        ("--jwt-audience", "a"),
        ("--client-keys", "keys", "--jwt-scope", "predict"),
        ("--own-keys", "own"),
        ("--https-host", "delays.example.com"),
        ("--requests-per-minute", "5"),
        ("--client-keys", "keys", "--burst", "2"),
    ],
    ids=" ".join,
)
def test_what_is_said_by_halves_ends_the_program(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        guard_by(*words)
    assert ended.value.code == 2
    assert "expected --" in capsys.readouterr().err
