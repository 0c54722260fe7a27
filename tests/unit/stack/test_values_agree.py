"""What the configuration and the components say of each value: both take it, or both refuse it.

Every setting is found from the schema, and where it stands among the arguments from two right values of it.
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings

from pulumi_mlops._shared import values
from pulumi_mlops._shared.aws import values as aws_values
from pulumi_mlops._shared.kubernetes.quantities import mebibytes
from pulumi_mlops._shared.rules import Rule
from pulumi_mlops.endpoint import settings as endpoint
from pulumi_mlops.endpoint.args import KubernetesPayloadsArgs
from pulumi_mlops.model_registry.kubernetes import connections
from pulumi_mlops.stack.platform.config import Target
from pulumi_mlops.stack.targets import SUPPORT
from pulumi_mlops.training_pipeline.sagemaker import limits
from tests.unit.stack.argument_places import Place, arguments_of, is_configured, is_itself, is_taken, places_of
from tests.unit.stack.settings_walk import Path, Setting, put, settings
from tests.unit.stack.test_every_setting_arrives import (
    BASES,
    DIGEST,
    ECR,
    ENDPOINT,
    EXPOSED,
    MEASURED,
    MONITORED,
    MONITORING,
    ON_POSTGRESQL,
    PIPELINE,
    SCALED,
    SOURCES_IN_S3,
    STEP,
    STORE,
    STORED,
    WORKLOAD,
    of_target,
)
from tests.unit.stack.value_strategies import edges_of, values_of

SETTINGS = settings()
PLATFORM = ("platform", "sagemaker")
More = Mapping[Path, Any]
# What no component is told: whom the stack file is for, where its graph and its features are defined, which store an
# endpoint asks, and where images are pushed to.
NO_ARGUMENTS = {
    ("platform", "target"),
    ("platform", "owner"),
    ("platform", "kubernetes", "context"),
    (*WORKLOAD, "pipeline", "graph"),
    (*STORE, "definition"),
    (*ENDPOINT, "features", "store"),
    (*WORKLOAD, "images", "repository"),
    ("platform", "images", "repository"),
}
# What data capture cannot do: the component refuses whatever is said of it.
NO_DATA_CAPTURE = {
    (*ENDPOINT, "payloads", key) for key in ("text_characters_max", "record_bytes_max", "retention_days")
}
# What the names of others are made of.
MADE_INTO_OTHERS = {("platform", "registry", "account_id"), ("platform", "registry", "namespace")}
# What leaves a setting the whole range of its own rule, by the end of its path.
ROOM: Mapping[Path, More] = {
    **EXPOSED,
    ("bake_seconds",): {(*ENDPOINT, "rollout_timeout_seconds"): 14400},
    ("rollout", "strategy"): {**SCALED, (*ENDPOINT, "sagemaker", "alarms", "server_error_percent"): 1.0},
    ("model_data_download_timeout_seconds",): {(*ENDPOINT, "rollout_timeout_seconds"): 14400},
    ("container_startup_health_check_timeout_seconds",): {(*ENDPOINT, "rollout_timeout_seconds"): 14400},
    ("inference_ami_version",): {(*ENDPOINT, "sagemaker", "instance_type"): "ml.g5.xlarge"},
    ("spot", "max_wait_seconds"): {(*PIPELINE, "run_timeout_seconds"): 60},
    ("shared_memory_gib",): {(*ENDPOINT, "kubernetes", "memory"): "24Ti", (*STEP, "memory"): "24Ti"},
    ("model_cache_gib",): {(*ENDPOINT, "kubernetes", "accelerator", "memory_gib"): 10**6},
    ("rollout_timeout_seconds",): {(*ENDPOINT, "rollout", "bake_seconds"): 0},
    ("provisioned_concurrency",): {(*ENDPOINT, "sagemaker", "serverless", "max_concurrency"): 200},
    **{("kubernetes", "payloads", key): STORED for key in KubernetesPayloadsArgs.__annotations__},
    ("quality", "group_difference_max"): {**MEASURED, (*MONITORING, "quality", "group_feature"): "carrier"},
    **MONITORED,
    ("new_labels_min",): {(*MONITORING, "labels"): "s3://labels/flights"},
    ("rule_labels", "release"): {(*MONITORING, "kubernetes", "prometheus"): "operator"},
    ("retraining_token_secret_name",): {(*MONITORING, "retraining", "cooldown_hours"): 24},
    ("registry", "replicas"): {
        ("platform", "registry", "database"): "postgresql",
        ("platform", "registry", "artifacts_s3", "uri"): "s3://models/a",
        ("platform", "images", "postgres"): "localhost/postgres:0123456789abcdef",
    },
    ("images", "postgres"): {("platform", "registry", "database"): "postgresql"},
    **{(*STORE, "kubernetes", key): SOURCES_IN_S3 for key in ("s3_endpoint_url", "s3_region")},
    (*STORE, "kubernetes", "s3_credentials_secret_name"): SOURCES_IN_S3,
    ("database_cpu",): ON_POSTGRESQL,
    ("database_memory",): ON_POSTGRESQL,
    ("subnet_ids", "0"): {(*PLATFORM, "security_group_ids"): ["sg-2123456789abcdef0"]},
    ("security_group_ids", "0"): {(*PLATFORM, "subnet_ids"): ["subnet-2123456789abcdef0"]},
}


def _of(*here: object) -> Callable[[object], bool]:
    return lambda found: found in here


# What a component refuses of right values, by the target and the end of the path: what it takes of them all the same.
NARROWER: Mapping[tuple[str, Path], Callable[[Any], bool]] = {
    ("", ("parameters", "horizon_days")): lambda found: type(found) is int,
    ("", ("pipeline", "parameters")): _of("horizon_days"),
    ("", ("gate", "metric")): _of("mae_minutes"),
    ("kubernetes", ("resources",)): _of("train", "evaluate"),
    ("sagemaker", ("instance_types",)): _of("train", "evaluate"),
    ("kubernetes", ("rollout_timeout_seconds",)): lambda found: found <= 3600,
    ("kubernetes", ("drain_seconds",)): lambda found: found >= endpoint.REQUEST_TIMEOUT_SECONDS.default,
    ("kubernetes", ("database_memory",)): lambda found: mebibytes(found) >= connections.memory_mib(1),
    ("sagemaker", ("request_timeout_seconds",)): lambda found: found <= 60,
    # What is less than ml.m5.large has, and what is for instances with a GPU.
    ("sagemaker", ("model_cache_gib",)): lambda found: found < 8,
    ("sagemaker", ("inference_ami_version",)): lambda found: "-gpu-" in found,
    # Kubernetes takes the names of objects, AWS takes fewer characters of what begins with the namespace.
    ("sagemaker", ("workloads",)): lambda found: len(found) <= 20,
    ("sagemaker", ("platform", "namespace")): lambda found: len(found) <= 20,
    ("sagemaker", ("images", "pipeline")): lambda found: found.startswith(ECR),
    ("sagemaker", ("images", "serving")): lambda found: found.startswith(ECR),
    # What is referred to is in the stack's own region and account.
    ("sagemaker", ("kms_key_arn",)): lambda found: ":eu-west-1:" in found,
    ("sagemaker", ("data_kms_key_arns", "0")): lambda found: ":eu-west-1:" in found,
    ("sagemaker", ("topic_arns", "0")): lambda found: ":eu-west-1:" in found,
    ("sagemaker", ("success_topic_arn",)): lambda found: ":eu-west-1:" in found,
    ("sagemaker", ("error_topic_arn",)): lambda found: ":eu-west-1:" in found,
    ("", ("features", "views", "0")): _of("weather_v1", "punctuality_v1"),
    ("sagemaker", ("sources", "weather_v1")): lambda found: found.startswith("s3://"),
    ("sagemaker", ("batch", "input")): lambda found: found.startswith("s3://") and len(found) <= 256,
    ("sagemaker", ("batch", "output")): lambda found: found.startswith("s3://") and len(found) <= 256,
    # An alert without a threshold cannot fire.
    ("kubernetes", ("alerts", "0")): _of("ServerErrors", "ReplicasBusy"),
    ("sagemaker", ("lmi", "image")): lambda found: ".eu-west-1." in found,
    ("sagemaker", ("shadow", "image")): lambda found: found.startswith(ECR),
    ("sagemaker", ("permissions_boundary_arn",)): lambda found: ":222222222222:" in found,
}
# Two right values where the target takes fewer than the rule says.
RIGHT: Mapping[tuple[str, Path], tuple[Any, Any]] = {
    **{
        ("sagemaker", (*owner, "images", image)): (f"{ECR}/one@{DIGEST}", f"{ECR}/other@{DIGEST}")
        for owner in (("platform",), WORKLOAD)
        for image in ("pipeline", "serving")
    },
    ("sagemaker", ("platform", "sagemaker", "permissions_boundary_arn")): (
        "arn:aws:iam::222222222222:policy/a",
        "arn:aws:iam::222222222222:policy/b",
    ),
}
NAMES: Mapping[str, tuple[str, str]] = {
    "workloads": ("flight-delay", "flight-arrival"),
    "parameters": ("horizon_days", "split_seed"),
    "resources": ("train", "evaluate"),
    "instance_types": ("train", "evaluate"),
    "node_selector": ("example.com/pool", "example.com/zone"),
    "annotations": ("traefik.ingress.kubernetes.io/router.tls", "traefik.ingress.kubernetes.io/router.entrypoints"),
    "service_account_annotations": ("eks.amazonaws.com/role-arn", "iam.gke.io/gcp-service-account"),
}


@dataclass(frozen=True)
class Value:
    """A value of a stack file on a target: of a setting, or the name that a mapping gives one."""

    target: str
    setting: Setting
    name_at: int | None = None
    """Which part of the path is the value."""

    def __str__(self) -> str:
        of = "" if self.name_at is None else "name in "
        return f"{self.target}: {of}{'.'.join(self.path)}"

    @property
    def path(self) -> Path:
        return self.setting.path[: self.name_at]

    @property
    def right(self) -> tuple[Any, Any]:
        if self.name_at is not None:
            return NAMES[self.path[-1]]
        return RIGHT.get((self.target, self.path), self.setting.values)

    @property
    def schema(self) -> Mapping[str, Any]:
        if self.name_at is None:
            return self.setting.schema
        return {"type": "string", "maxLength": values.workload_name.max_length if self.path == ("workloads",) else 63}

    def document(self, value: object) -> dict[str, Any]:
        document: dict[str, Any] = copy.deepcopy(BASES[self.target])
        put(document, (*WORKLOAD, "model"), {"version": 7, "digest": DIGEST})
        put(document, (*WORKLOAD, "pipeline", "graph"), "flight_delay.graph:GRAPH")
        if self.target == "sagemaker":
            put(document, (*PLATFORM, "allow_unlisted"), value=True)
        for path, more in self._room().items():
            put(document, path, more)
        document = self.setting.within(document, self.setting.values[0] if self.name_at else value)
        if self.name_at:
            node: Any = document
            for part in self.path:
                node = node[part]
            node[value] = node.pop(self.setting.path[self.name_at])
        return document

    def _room(self) -> More:
        found: More = next((more for end, more in ROOM.items() if self.path[-len(end) :] == end), {})
        return of_target(found, self.target)


def _is_unsupported(path: Path, target: str) -> bool:
    patterns = [refused.path for refused in SUPPORT[Target(target)].refused]
    return any(
        len(path) >= len(pattern) and all(part in ("*", own) for part, own in zip(pattern, path, strict=False))
        for pattern in patterns
    )


def values_of_stack_files() -> Iterator[Value]:
    named = set()
    for target in BASES:
        (other,) = set(BASES) - {target}
        for setting in SETTINGS:
            if other in setting.path or setting.path in NO_ARGUMENTS or _is_unsupported(setting.path, target):
                continue
            if target == "sagemaker" and setting.path in NO_DATA_CAPTURE:
                continue
            yield Value(target, setting)
            for index, parent in enumerate(setting.path[:-1], start=1):
                if parent in NAMES and (target, setting.path[:index]) not in named:
                    named.add((target, setting.path[:index]))
                    yield Value(target, setting, index)


VALUES = list(values_of_stack_files())

BOUNDED = hypothesis_settings(derandomize=True, database=None, max_examples=12, deadline=None)


def places(value: Value) -> list[tuple[Place, dict[str, Any]]]:
    """Where a value stands among the arguments, each with its component's arguments; none where no component has it."""
    first, second = (arguments_of(value.document(right)) for right in value.right)
    found = [(place, first[place.component]) for place in places_of(first, second)]
    # What is made of a value, as an ARN of an account's number, is held by the component's own tests.
    return [(place, args) for place, args in found if is_itself(place, args, value.right[0])]


def disagreement(value: Value, place: Place, args: Mapping[str, Any], found: object) -> str | None:
    """What the two say of a value, where that is not the same."""
    configured, taken = is_configured(value.document(found)), is_taken(place, args, found)
    if configured == taken or (configured and _is_elsewhere(value, found)) or _is_version_as_text(value, found):
        return None
    verdicts = {True: "takes", False: "refuses"}
    return (
        f"{value}: the configuration {verdicts[configured]} {found!r}, {place.component} {place} {verdicts[taken]} it"
    )


def _is_elsewhere(value: Value, found: object) -> bool:
    """Tell whether a value is right as such, and not for the graph, the target or the region."""
    return any(
        target in (value.target, "") and value.path[-len(end) :] == end and not is_here(found)
        for (target, end), is_here in NARROWER.items()
    )


def _agreeing(value: Value, place: Place, args: Mapping[str, Any]) -> Callable[[], None]:
    @BOUNDED
    @given(values_of(value.schema, value.right))
    def agree(found: object) -> None:
        assert disagreement(value, place, args, found) is None

    return agree


def _is_version_as_text(value: Value, found: object) -> bool:
    """Tell whether a stack file's number is told as the text that a component takes it as."""
    return value.path[-2:] == ("model", "version") and isinstance(found, str)


def check(value: Value) -> None:
    """Hold both verdicts against each other for many values."""
    for place, args in places(value):
        known = [one for one in edges_of(value.schema, value.right) if value.name_at is None or isinstance(one, str)]
        told = [text for one in known if (text := disagreement(value, place, args, one))]
        assert told == []
        taken = [is_taken(place, args, one) for one in known]
        assert any(taken), f"{value}: {place} refuses all of {known}"

        _agreeing(value, place, args)()


@pytest.mark.parametrize("value", VALUES, ids=str)
def test_configuration_and_component_agree_on_each_value(value: Value) -> None:
    check(value)


def test_every_setting_is_held_against_an_argument() -> None:
    held = {value.path for value in VALUES if value.name_at is None and places(value)}
    assert {setting.path for setting in SETTINGS} - held == NO_ARGUMENTS | MADE_INTO_OTHERS


@pytest.mark.parametrize(
    ("module", "name", "drifted", "path"),
    [
        (values, "cpu", replace(values.cpu, pattern=r"[0-9.]+m?"), ("resources", "train", "cpu")),
        (values, "namespace", replace(values.namespace, max_length=64), ("platform", "namespace")),
        (values, "annotation_key", replace(values.annotation_key, pattern=r"\S+"), ("service_account_annotations",)),
        (limits, "CACHE_DAYS", replace(limits.CACHE_DAYS, most=limits.CACHE_DAYS.most + 1), ("cache_days",)),
        (endpoint, "REPLICAS", replace(endpoint.REPLICAS, least=0), ("replicas_min",)),
        (aws_values, "subnet_id", replace(aws_values.subnet_id, pattern=r"subnet-[0-9a-f]{8}"), ("subnet_ids", "0")),
    ],
)
def test_a_rule_that_stands_twice_and_has_drifted_is_found(
    module: Any, name: str, drifted: Rule, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gate's own bad case: the component's rule is another one than the configuration's."""
    (value, *_) = [value for value in VALUES if value.path[-len(path) :] == path]
    check(value)
    monkeypatch.setattr(module, name, drifted)
    with pytest.raises(AssertionError, match=r"the configuration (takes|refuses)"):
        check(value)
