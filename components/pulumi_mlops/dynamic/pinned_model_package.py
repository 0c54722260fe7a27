"""The registered version that a stack pins: refused, before anything is made of it, unless it is the one meant.

The state of every stack names these classes by their module. Moved, what was made with them could not be removed.
"""

from typing import Any

import pulumi
from pulumi import dynamic
from pulumi.runtime import rpc

from pulumi_mlops._shared.aws import client, model_packages

# What a check is about. With another value of any of these it runs again, and otherwise never.
_PROVED = ("package_arn", "digest", "model_data_url")


class PinnedPackageError(RuntimeError):
    """The pinned version may not serve. The text names everything that is wrong with it."""


class PinnedModelPackageProvider(dynamic.ResourceProvider):
    """Looks a pinned version up, and lets only the right one pass."""

    # Nothing in it is secret, and the state should be readable.
    serialize_as_secret_always = False

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.CheckResult:
        """Refuse the version already in a preview, and without a traceback, where everything is known of it.

        Where AWS does not answer, or does not let this user ask, the update finds out.
        """
        is_new = any(olds.get(key) != news.get(key) for key in _PROVED)
        if not is_new or not all(_is_known(news.get(key)) for key in ("region", *_PROVED)):
            return dynamic.CheckResult(news, [])
        try:
            problems = _problems(news)
        except client.AwsError:
            problems = []
        return dynamic.CheckResult(news, [dynamic.CheckFailure("package_arn", problem) for problem in problems])

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.DiffResult:
        """Check again when another version, or another content, is pinned."""
        return dynamic.DiffResult(changes=any(olds.get(key) != news.get(key) for key in _PROVED))

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Check the version.

        Raises:
            PinnedPackageError: When it may not serve.
            AwsError: When AWS does not answer.
        """
        return dynamic.CreateResult(props["package_arn"], _looked_up(props))

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> dynamic.UpdateResult:
        """Check the version that is pinned now, as `create` does."""
        return dynamic.UpdateResult(_looked_up(news))


class PinnedModelPackage(dynamic.Resource, module="mlops", name="PinnedModelPackage"):
    """A registered version that was approved and has the digest that was pinned."""

    package_arn: pulumi.Output[str]
    """ARN of the version."""
    model_data_url: pulumi.Output[str]
    """Where its bytes lie."""

    def __init__(self, name: str, properties: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        """Declare a version.

        Args:
            name: The resource's name.
            properties: `region`, `package_arn`, `digest`, and `model_data_url`, where a version of that digest lies.
            opts: The resource's options.
        """
        super().__init__(PinnedModelPackageProvider(), name, dict(properties), opts)


def _is_known(value: object) -> bool:
    return isinstance(value, str) and value != rpc.UNKNOWN


def _looked_up(props: dict[str, Any]) -> dict[str, Any]:
    problems = _problems(props)
    if problems:
        raise PinnedPackageError("\n".join(problems))
    return dict(props)


def _problems(props: dict[str, Any]) -> list[str]:
    """Return why a version may not serve, each in one line.

    Raises:
        AwsError: When AWS does not answer.
    """
    arn = props["package_arn"]
    place = f"model package {arn}"
    try:
        package = model_packages.describe(client.client("sagemaker", props["region"]), arn)
    except client.MissingError as error:
        fix = "pin a version that is registered there"
        told = " ".join(str(error).split())
        return [f"{place}: got none, expected a registered version, fix: {fix} ({told})"]
    problems = []
    if package.approval_status != model_packages.APPROVED:
        got, wanted = package.approval_status or "no approval", model_packages.APPROVED
        fix = f"approve it with mlops approve --version {arn.rpartition('/')[2]}, or pin an approved one"
        problems.append(f"{place}: got {got}, expected {wanted}, fix: {fix}")
    if package.digest != props["digest"]:
        got, wanted = package.digest or "no digest", props["digest"]
        problems.append(f"{place}: got {got}, expected {wanted}, fix: pin the digest that this version is to have")
    if package.model_data_url != props["model_data_url"]:
        got, wanted = package.model_data_url or "no model data", props["model_data_url"]
        fix = "set model_data_bucket to the bucket of the registry; or copy the archive there and register it anew"
        problems.append(f"{place}: got {got}, expected {wanted}, fix: {fix}")
    return problems
