import base64
from typing import Any

import pytest

from pulumi_mlops._shared.aws.client import DeniedError, MissingError
from pulumi_mlops.image import registry_login as module
from pulumi_mlops.image.errors import ImageError

REPOSITORY = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/team/models"
TOKEN = base64.b64encode(b"AWS:a-token:with-a-colon").decode()


class Ecr:
    """Answers as ECR does, or fails."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def ask(self, region: str, operation: str, **arguments: Any) -> dict[str, Any]:
        assert region == "eu-west-1"
        self.asked.append((operation, arguments))
        if self.error is not None:
            raise self.error
        return {"authorizationData": [{"authorizationToken": TOKEN}]}


def ecr(monkeypatch: pytest.MonkeyPatch, error: Exception | None = None) -> Ecr:
    stand_in = Ecr(error)
    monkeypatch.setattr(module, "client", lambda service, region: region if service == "ecr" else None)
    monkeypatch.setattr(module, "ask", stand_in.ask)
    return stand_in


def test_a_token_of_ecr_is_a_login_that_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = ecr(monkeypatch)
    login = module.login_to(REPOSITORY)
    assert login is not None
    assert (login.registry, login.user, login.password) == (REPOSITORY.partition("/")[0], "AWS", "a-token:with-a-colon")
    assert "a-token" not in repr(login)
    asked = {"registryId": "111111111111", "repositoryNames": ["team/models"]}
    assert stand_in.asked[0] == ("describe_repositories", asked)


def test_other_registries_are_the_users_own_affair(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in = ecr(monkeypatch)
    assert module.login_to("ghcr.io/team/models") is None
    assert stand_in.asked == []


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (MissingError("no"), "got no repository team/models in account 111111111111.*fix: aws ecr create-repository"),
        (DeniedError("ecr: not allowed"), "not allowed, fix: look at your credentials"),
    ],
)
def test_what_aws_refuses_says_what_to_do(error: Exception, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ecr(monkeypatch, error)
    with pytest.raises(ImageError, match=text):
        module.login_to(REPOSITORY)
