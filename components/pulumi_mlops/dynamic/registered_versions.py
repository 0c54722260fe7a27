"""The versions in a model package group: with their stack they go, before the group, which AWS keeps while it has any.

The state of every stack names these classes by their module. Moved, what was made with them could not be removed.
"""

from typing import Any

import pulumi
from pulumi import dynamic

from pulumi_mlops._shared.aws import client, model_packages


class RegisteredVersionsProvider(dynamic.ResourceProvider):
    """Makes nothing, and empties a group that is to be deleted.

    https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-delete-model-group.html: "Before you can delete a
    model group, you must first delete all its model versions, if any."
    """

    # Nothing in it is secret, and the state should be readable.
    serialize_as_secret_always = False

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.DiffResult:
        """Another group has versions of its own."""
        changed = [key for key in ("region", "group_name") if olds.get(key) != news.get(key)]
        return dynamic.DiffResult(changes=bool(changed), replaces=changed)

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Note the group: its versions are registered by pipelines."""
        return dynamic.CreateResult(props["group_name"], dict(props))

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Delete every version of the group.

        Raises:
            AwsError: When AWS does not answer, or keeps one.
        """
        sagemaker = client.client("sagemaker", props["region"])
        try:
            versions = model_packages.list_versions(sagemaker, props["group_name"])
        except client.MissingError:
            return
        for version in versions:
            model_packages.delete(sagemaker, version.arn)


class RegisteredVersions(dynamic.Resource, module="mlops", name="RegisteredVersions"):
    """What pipelines have registered in a group."""

    group_name: pulumi.Output[str]
    """Name of the group. Whoever uses it is gone before the versions are."""

    def __init__(self, name: str, properties: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        """Declare the versions of a group.

        Args:
            name: The resource's name.
            properties: `region` and `group_name`.
            opts: The resource's options. With `retain_on_delete` the versions stay.
        """
        super().__init__(RegisteredVersionsProvider(), name, dict(properties), opts)
