"""The truth check of an endpoint on SageMaker: does it serve from the configuration that was asked for?

AWS goes back to the old configuration when a new one does not come up or an alarm goes off. The endpoint is then in
service as before, which Pulumi's provider takes for success:
https://github.com/hashicorp/terraform-provider-aws/issues/48997.

The state of every stack names these classes by their module. Moved, what was made with them could not be removed.
"""

import time
from typing import Any

import pulumi
from pulumi import dynamic

from pulumi_mlops._shared.aws.client import MissingError, ask, client
from pulumi_mlops.dynamic import superseded_releases

IN_SERVICE = "InService"
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html: EndpointStatus
PASSING = frozenset(("Creating", "Updating", "SystemUpdating", "RollingBack"))
PAUSE_SECONDS = 5.0
# With another value of any of these the check runs again.
_PROVED = ("region", "endpoint_name", "configuration", "superseded_kept")


class EndpointTruthError(RuntimeError):
    """The endpoint does not serve what was asked for. The text says what it does instead, and why."""


class EndpointTruthProvider(dynamic.ResourceProvider):
    """Asks AWS what an endpoint serves from."""

    # Nothing in it is secret, and the state should be readable.
    serialize_as_secret_always = False

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> dynamic.DiffResult:
        """Check again whenever anything else is to be proved.

        The old check goes first, so that one that fails leaves none behind and is made up for by the next update,
        whatever that asks for.
        """
        changed = [key for key in _PROVED if olds.get(key) != news.get(key)]
        return dynamic.DiffResult(changes=bool(changed), replaces=changed, delete_before_replace=True)

    def create(self, props: dict[str, Any]) -> dynamic.CreateResult:
        """Check the endpoint; when it is the right one, remove what it no longer needs.

        Raises:
            EndpointTruthError: When it does not serve what was asked for.
            AwsError: When AWS does not answer.
        """
        sagemaker = client("sagemaker", props["region"])
        _prove(sagemaker, props)
        kept = int(props["superseded_kept"])
        superseded_releases.prune(sagemaker, props["endpoint_name"], props["configuration"], kept)
        return dynamic.CreateResult(f"{props['endpoint_name']}/{props['configuration']}", props)

    def read(self, id_: str, props: dict[str, Any]) -> dynamic.ReadResult:
        """Note what the endpoint serves from now, so that the next update checks it if that is something else."""
        try:
            described = _describe(client("sagemaker", props["region"]), props["endpoint_name"])
        except MissingError:
            return dynamic.ReadResult("", {})
        found = {**props, "configuration": described.get("EndpointConfigName", "")}
        return dynamic.ReadResult(id_, found, found)


class EndpointTruth(dynamic.Resource, module="mlops", name="EndpointTruth"):
    """Proof that an endpoint is in service with the configuration that was asked for."""

    configuration: pulumi.Output[str]
    """Name of that configuration."""

    def __init__(self, name: str, properties: dict[str, Any], opts: pulumi.ResourceOptions) -> None:
        """Declare a check.

        Args:
            name: The resource's name.
            properties: `region`, `endpoint_name`, `configuration`, `timeout_seconds`, `superseded_kept`, and
                `alarm_names`, which an error tells to look at.
            opts: The resource's options. It must depend on the endpoint.
        """
        super().__init__(EndpointTruthProvider(), name, dict(properties), opts)


def _prove(sagemaker: Any, props: dict[str, Any]) -> None:
    name, wanted, timeout_seconds = props["endpoint_name"], props["configuration"], float(props["timeout_seconds"])
    place = f"endpoint {name} in {props['region']}"
    end = time.monotonic() + timeout_seconds
    described = _describe(sagemaker, name)
    while described["EndpointStatus"] in PASSING:
        if time.monotonic() + PAUSE_SECONDS > end:
            got = f"it still {described['EndpointStatus']} after {timeout_seconds:.0f} seconds"
            fix = "wait for it and run the update again, or raise rollout_timeout_seconds"
            raise EndpointTruthError(f"{place}: got {got}, expected {IN_SERVICE} with {wanted}, fix: {fix}")
        time.sleep(PAUSE_SECONDS)
        described = _describe(sagemaker, name)
    status, found = described["EndpointStatus"], described.get("EndpointConfigName", "")
    if status == IN_SERVICE and found == wanted:
        return
    what = f"{status} with {found}"
    if status == IN_SERVICE:
        what = f"{what}: AWS did not keep the new configuration and went back"
    raise EndpointTruthError(
        f"{place}: got {what}; reason: {_reason(described, props)}; expected {IN_SERVICE} with {wanted}, "
        "fix: pin the version that served before; or mend the cause and run `pulumi up --refresh`, which tries again"
    )


def _reason(described: dict[str, Any], props: dict[str, Any]) -> str:
    if described.get("FailureReason"):
        return str(described["FailureReason"])
    alarms = ", ".join(props.get("alarm_names") or []) or "none"
    logs = f"/aws/sagemaker/Endpoints/{props['endpoint_name']}"
    return f"AWS gives none (look at the history of the alarms: {alarms}; and at the logs in {logs})"


def _describe(sagemaker: Any, endpoint_name: str) -> dict[str, Any]:
    return ask(sagemaker, "describe_endpoint", EndpointName=endpoint_name)
