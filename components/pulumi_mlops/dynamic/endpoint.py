"""An endpoint on SageMaker: deployed, scaled, proved to serve what was asked for, and deleted, as AWS needs it.

pulumi-aws has resources for the endpoint and for its scaling. They reset the machines with every update, cannot change
machines that are scaled, leave a first deployment that failed in the way, wait for an hour whatever the rollout is,
and take one that AWS rolled back for success. `docs/decisions/0020-an-endpoint-of-our-own.md` weighs it.

The state of every stack names these classes by their module. Moved, what was made with them could not be removed.
"""

import time
from typing import Any

import pulumi
from pulumi import dynamic

from pulumi_mlops._shared.aws.client import client
from pulumi_mlops._shared.aws.identity import require_account
from pulumi_mlops.dynamic import superseded_releases
from pulumi_mlops.dynamic.endpoint_deployment import Deployment
from pulumi_mlops.dynamic.endpoint_scaling import VariantScaling
from pulumi_mlops.dynamic.endpoint_status import FAILED, describe
from pulumi_mlops.dynamic.endpoint_truth import prove
from pulumi_mlops.dynamic.endpoint_variants import has_machines

# With another value of any of these the endpoint is brought there.
_MADE = ("configuration", "deployment", "scaling", "variants", "tags", "superseded_kept", "truth")
# Another value of any of these is another endpoint.
_IDENTITY = ("account_id", "region", "endpoint_name")


class ManagedEndpointProvider(dynamic.ResourceProvider):
    """Brings an endpoint to what is asked of it."""

    # Nothing in it is secret, and the state should be readable.
    serialize_as_secret_always = False

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.DiffResult:
        """Update for anything that is to be otherwise; begin anew for another endpoint.

        SageMaker cannot give a serverless endpoint machines, nor take the machines of another: it is deleted first,
        since the name stays.
        """
        moved = [key for key in _IDENTITY if olds.get(key) != news.get(key)]
        is_rebuilt = not moved and _has_machines(olds) != _has_machines(news)
        replaces = ["variants"] if is_rebuilt else moved
        changes = bool(replaces) or any(olds.get(key) != news.get(key) for key in _MADE)
        return dynamic.DiffResult(changes=changes, replaces=replaces, delete_before_replace=is_rebuilt)

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Create the endpoint, or take up what an update that was broken off has left.

        Raises:
            EndpointError: When it does not serve what was asked for, or the name is another's.
            AwsError: When AWS refuses, or does not answer.
        """
        asked = _whole(props)
        require_account(asked["region"], asked["account_id"])
        arn = Deployment(asked).create()
        prove(asked)
        return dynamic.CreateResult(asked["endpoint_name"], _finished(asked, arn))

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.UpdateResult:
        """Bring the endpoint to what is asked for now, as `create` does."""
        asked, before = _whole(news), _whole(olds)
        require_account(asked["region"], asked["account_id"])
        arn = Deployment(asked).update(before)
        prove(asked)
        if before.get("network_and_keys") not in (None, asked["network_and_keys"]):
            # The role's old policy goes after this, and is needed until the old machines' interfaces are gone.
            time.sleep(float(max(before["settle_seconds"], asked["settle_seconds"])))
        return dynamic.UpdateResult(_finished(asked, arn))

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """Note what the endpoint serves from and how it is scaled, so that the next update mends what is otherwise."""
        described = describe(client("sagemaker", props["region"]), props["endpoint_name"])
        if described is None:
            return dynamic.ReadResult("", {})
        serves = described["EndpointStatus"] != FAILED
        found = {**props, "configuration": described.get("EndpointConfigName", "") if serves else ""}
        main = props["variants"][0]["variant_name"]
        scaling = VariantScaling(props["region"], props["endpoint_name"], main).read()
        found["scaling"] = _noted(props.get("scaling"), scaling)
        return dynamic.ReadResult(id_, found, found)

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        """Delete the endpoint with its scaling, and wait until its role is needed no more.

        https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DeleteEndpoint.html: "SageMaker asynchronously
        deletes associated endpoint resources such as KMS key grants. You might still see these resources in your
        account for a few minutes after deleting your endpoint. Do not delete or revoke the permissions for your
        ExecutionRoleArn, otherwise SageMaker cannot delete these resources."
        """
        require_account(props["region"], props["account_id"])
        if Deployment(_whole(props)).delete():
            time.sleep(float(props["settle_seconds"]))


class ManagedEndpoint(dynamic.Resource, module="mlops", name="Endpoint"):
    """An endpoint that is in service with the configuration that was asked for."""

    endpoint_arn: pulumi.Output[str]
    """Its ARN. Not known in a preview that would create or update it: it stands for what has been proved."""
    configuration: pulumi.Output[str]
    """Name of the configuration that it was proved to serve from."""

    def __init__(self, name: str, properties: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        """Declare an endpoint.

        Args:
            name: The resource's name.
            properties: `account_id`, `region`, `endpoint_name` and `tags`; `configuration`, its name; `variants`, the
                one that answers first, with `variant_name` and, where they have machines, `instance_type`,
                `instances_min` and `instances_max`; `deployment`, the API's DeploymentConfig, or None; `scaling`, or
                None, with `min_capacity`, `max_capacity`, `policy_name` and `policy`, the API's
                TargetTrackingScalingPolicyConfiguration; `wait_seconds` for a deployment, and `settle_seconds` after a
                deletion, and after a deployment with another value of `network_and_keys`, a hash of what the role is
                allowed of them; `superseded_kept`, releases before this one; `alarm_names`, which an error tells to
                look at; `truth`, or None, with `bucket` and `key` of the golden prompts that it is asked.
            opts: The resource's options. It must depend on the alarms.
        """
        super().__init__(ManagedEndpointProvider(), name, {**properties, "endpoint_arn": None}, opts)


def _finished(props: dict[str, Any], arn: str) -> dict[str, Any]:
    """Remove what the endpoint no longer needs, now that it serves, and return what is known of it."""
    kept = int(props["superseded_kept"])
    sagemaker = client("sagemaker", props["region"])
    superseded_releases.prune(sagemaker, props["endpoint_name"], props["configuration"], kept)
    return {**props, "endpoint_arn": arn}


def _whole(value: Any) -> Any:
    """Give whole numbers back what Pulumi's protocol takes from them: 2.0 is 2, and botocore insists on it."""
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _has_machines(props: dict[str, Any]) -> bool:
    return has_machines(props.get("variants") or [])


def _noted(asked: dict[str, Any] | None, found: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the scaling as a refresh notes it: the bounds that there are, in the policy that was asked for."""
    if asked is None or found is None:
        return found
    bounds = {bound: found[bound] for bound in ("min_capacity", "max_capacity")}
    policy = {} if found["policy_name"] == asked["policy_name"] else {"policy_name": found["policy_name"]}
    return {**asked, **bounds, **policy}
