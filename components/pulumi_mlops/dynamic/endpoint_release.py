"""The name of an endpoint's release: of its configuration, and of the models that this names.

A configuration cannot be changed, and one that was superseded stays for a while. So the name is made of a hash of the
content, and where that name is taken, because the same content served before, it gets a number.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateEndpoint.html: "To update an endpoint, you must
create a new EndpointConfig."

The state of every stack names these classes by their module. Moved, what was made with them could not be removed.
"""

import itertools
import re
from typing import Any

import pulumi
from pulumi import dynamic

from pulumi_mlops._shared.aws.client import client
from pulumi_mlops.dynamic import superseded_releases


class EndpointReleaseProvider(dynamic.ResourceProvider):
    """Chooses names that are free, and in the end removes everything that had one."""

    # Nothing in it is secret, and the state should be readable.
    serialize_as_secret_always = False

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.DiffResult:
        """Choose again when the content is another; begin anew for another endpoint."""
        moved = [key for key in ("region", "endpoint_name") if olds.get(key) != news.get(key)]
        return dynamic.DiffResult(changes=bool(moved) or olds.get("wanted") != news.get("wanted"), replaces=moved)

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Choose the first name."""
        name = _free_name(client("sagemaker", props["region"]), props["wanted"])
        return dynamic.CreateResult(props["endpoint_name"], {**props, "name": name, "previous": ""})

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.UpdateResult:
        """Choose the next name.

        Where an update failed before it made anything of the last name, the release before it still stands. What goes
        back to its content gets its name, and nothing is made anew.
        """
        sagemaker, wanted = client("sagemaker", news["region"]), news["wanted"]
        last, previous = olds["name"], olds.get("previous") or ""
        if superseded_releases.exists(sagemaker, last):
            previous = last
        elif _is_named_after(previous, wanted):
            return dynamic.UpdateResult({**news, "name": previous, "previous": previous})
        return dynamic.UpdateResult({**news, "name": _free_name(sagemaker, wanted), "previous": previous})

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Remove every release: Pulumi lets go of configurations and models without deleting them."""
        superseded_releases.remove_all(client("sagemaker", props["region"]), props["endpoint_name"])


class EndpointRelease(dynamic.Resource, module="mlops", name="EndpointRelease"):
    """The name of what an endpoint serves from."""

    name: pulumi.Output[str]
    """The name. In a preview of another release it is the one that is wanted."""

    def __init__(
        self,
        name: str,
        *,
        region: str,
        endpoint_name: str,
        wanted: pulumi.Input[str],
        opts: pulumi.ResourceOptions,
    ) -> None:
        """Declare a release.

        Args:
            name: The resource's name.
            region: The AWS region.
            endpoint_name: The endpoint's name.
            wanted: The release's name if it is free: `<endpoint>-<hash>`.
            opts: The resource's options.
        """
        properties = {"region": region, "endpoint_name": endpoint_name, "wanted": wanted, "name": wanted}
        super().__init__(EndpointReleaseProvider(), name, properties, opts)


def _free_name(sagemaker: Any, wanted: str) -> str:
    numbered = (f"{wanted}-{number}" for number in itertools.count(2))
    return next(name for name in itertools.chain([wanted], numbered) if not superseded_releases.exists(sagemaker, name))


def _is_named_after(name: str, wanted: str) -> bool:
    return re.fullmatch(rf"{re.escape(wanted)}(-[0-9]+)?", name) is not None
