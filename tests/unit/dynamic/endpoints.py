"""An endpoint as stacks ask for it, and its life from update to update, for several tests."""

from collections.abc import Mapping
from typing import Any

import pytest
from botocore.client import BaseClient
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.rpc import deserialize_properties

from pulumi_mlops.dynamic.endpoint import ManagedEndpointProvider
from tests.moto_account import ACCOUNT, ENDPOINT, REGION

OLD = f"{ENDPOINT}-11111111"
NEW = f"{ENDPOINT}-22222222"
TAGS = {"owner": "team-flights", "mlops:endpoint": ENDPOINT, "mlops:component": "endpoint"}
ALARM = f"{ENDPOINT}-server-errors"
DEPLOYMENT = {
    "AutoRollbackConfiguration": {"Alarms": [{"AlarmName": ALARM}]},
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0},
        "MaximumExecutionTimeoutInSeconds": 1800,
    },
}
POLICY = {
    "TargetValue": 500,
    "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
    "ScaleInCooldown": 300,
    "ScaleOutCooldown": 60,
}


def asked(
    configuration: str = NEW, counts: tuple[int, int] = (1, 1), machine: str = "ml.m5.large", **changes: Any
) -> dict[str, Any]:
    """What a stack asks for: an endpoint with so many machines; where there are two numbers, they follow the load."""
    least, most = counts
    main = {"variant_name": "main", "instance_type": machine, "instances_min": least, "instances_max": most}
    scaling = {"min_capacity": least, "max_capacity": most, "policy_name": f"{ENDPOINT}-load", "policy": POLICY}
    return {
        "account_id": ACCOUNT,
        "region": REGION,
        "endpoint_name": ENDPOINT,
        "configuration": configuration,
        "variants": [main],
        "deployment": DEPLOYMENT,
        "scaling": scaling if most > least else None,
        "tags": TAGS,
        "wait_seconds": 900,
        "settle_seconds": 0,
        "network_and_keys": "00000000",
        "superseded_kept": 2,
        "alarm_names": [ALARM],
        **changes,
    }


def through_the_protocol(props: dict[str, Any]) -> dict[str, Any]:
    """What arrives of properties: every number is a float, and what is None is not there."""
    given = Struct()
    given.update({key: value for key, value in props.items() if value is not None})
    arrived: dict[str, Any] = deserialize_properties(given)
    return arrived


class Life:
    """One endpoint, from update to update, as the engine keeps it."""

    def __init__(self) -> None:
        self.provider = ManagedEndpointProvider()
        self.outs: dict[str, Any] | None = None

    def up(self, news: dict[str, Any]) -> None:
        """Run an update, which leaves the state as it was if it fails."""
        news = through_the_protocol(news)
        if self.outs is None:
            self.outs = self.provider.create(news).outs
            return
        diff = self.provider.diff(ENDPOINT, self.outs, news)
        assert not diff.replaces
        if diff.changes:
            self.outs = self.provider.update(ENDPOINT, self.outs, news).outs

    def refresh(self) -> None:
        """Look at what there is."""
        assert self.outs is not None
        read = self.provider.read(ENDPOINT, self.outs)
        self.outs = dict(read.outs or {}) if read.id else None

    def destroy(self) -> None:
        """Delete the endpoint."""
        assert self.outs is not None
        self.provider.delete(ENDPOINT, self.outs)


class Calls(list[str]):
    """The operations that AWS was asked for, as they follow one another, but for those that only look."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.arguments: dict[str, Mapping[str, Any]] = {}
        original = BaseClient._make_api_call

        def noting(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
            if not operation.startswith(("Describe", "List", "Get")):
                self.append(operation)
                self.arguments[operation] = arguments
            return original(client, operation, arguments)

        patch.setattr(BaseClient, "_make_api_call", noting)
