import pytest

from pulumi_mlops.dynamic.endpoint_release import EndpointReleaseProvider
from pulumi_mlops.dynamic.superseded_releases import EndpointInUseError
from tests.moto_account import ENDPOINT, REGION, Aws

FIRST = f"{ENDPOINT}-11111111"
SECOND = f"{ENDPOINT}-22222222"
THIRD = f"{ENDPOINT}-33333333"


def wanted(name: str) -> dict[str, str]:
    return {"region": REGION, "endpoint_name": ENDPOINT, "wanted": name, "name": name}


class Life:
    """The release of one endpoint, from update to update, as the engine keeps it."""

    def __init__(self, aws: Aws, name: str) -> None:
        self._aws = aws
        self._provider = EndpointReleaseProvider()
        self.outs = self._provider.create(wanted(name)).outs or {}

    def declare(self, name: str) -> str:
        """Run an update that wants a release of this name, and return the name that it gets."""
        if self._provider.diff(ENDPOINT, self.outs, wanted(name)).changes:
            self.outs = self._provider.update(ENDPOINT, self.outs, wanted(name)).outs or {}
        return str(self.outs["name"])

    def deploy(self, name: str) -> str:
        chosen = self.declare(name)
        if chosen not in self._aws.configurations():
            self._aws.release(chosen)
        return chosen


def test_a_new_content_gets_the_name_that_it_wants(aws: Aws) -> None:
    life = Life(aws, FIRST)
    assert life.deploy(FIRST) == FIRST
    assert life.deploy(SECOND) == SECOND


def test_the_same_content_keeps_its_name(aws: Aws) -> None:
    life = Life(aws, FIRST)
    life.deploy(FIRST)
    assert life.deploy(FIRST) == FIRST


def test_a_content_that_served_before_gets_a_name_of_its_own(aws: Aws) -> None:
    life = Life(aws, FIRST)
    life.deploy(FIRST)
    life.deploy(SECOND)
    assert life.deploy(FIRST) == f"{FIRST}-2"
    assert life.deploy(FIRST) == f"{FIRST}-2"
    assert life.deploy(SECOND) == f"{SECOND}-2"
    assert life.deploy(FIRST) == f"{FIRST}-3"


def test_a_name_is_taken_as_soon_as_a_model_has_it(aws: Aws) -> None:
    life = Life(aws, FIRST)
    life.deploy(FIRST)
    aws.sagemaker.create_model(ModelName=SECOND, ExecutionRoleArn="arn:aws:iam::123456789012:role/endpoint")
    assert life.declare(SECOND) == f"{SECOND}-2"


def test_going_back_from_an_update_that_made_nothing_changes_nothing(aws: Aws) -> None:
    life = Life(aws, FIRST)
    life.deploy(FIRST)
    life.declare(SECOND)
    life.declare(THIRD)
    assert life.deploy(FIRST) == FIRST


def test_another_endpoint_is_another_release() -> None:
    provider = EndpointReleaseProvider()
    assert provider.diff("", wanted(FIRST), wanted(SECOND)).replaces == []
    moved = provider.diff("", wanted(FIRST), {**wanted(FIRST), "region": "eu-central-1"})
    assert (moved.changes, moved.replaces) == (True, ["region"])


def test_removal_takes_every_release_along_and_nothing_else(aws: Aws) -> None:
    aws.release(FIRST)
    aws.release(f"{SECOND}-2", shadow=True)
    neighbour, foreign = f"{ENDPOINT}-eu-11111111", f"{ENDPOINT}-44444444"
    aws.release(neighbour, endpoint=f"{ENDPOINT}-eu")
    aws.release(foreign, endpoint="somebody-else")
    EndpointReleaseProvider().delete(ENDPOINT, wanted(FIRST))
    assert aws.configurations() == {neighbour, foreign}
    assert aws.models() == {neighbour, foreign}


def test_removal_is_refused_while_the_endpoint_serves(aws: Aws) -> None:
    aws.release(FIRST)
    aws.serve(FIRST)
    with pytest.raises(EndpointInUseError, match="got an endpoint that still exists, expected none"):
        EndpointReleaseProvider().delete(ENDPOINT, wanted(FIRST))
    assert aws.configurations() == {FIRST}
