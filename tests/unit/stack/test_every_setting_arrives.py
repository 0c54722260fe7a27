"""Every setting of a stack file reaches what is declared, or is refused at its line: none is dropped in silence.

The settings are found from the schema, so one that comes later is walked without anybody remembering.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from pulumi_mlops import CustomProtocolArgs, LmiArgs, VllmArgs
from pulumi_mlops.cli.render.program import render_stack
from pulumi_mlops.cli.render.text import to_text
from pulumi_mlops.stack.problems import ConfigError
from pulumi_mlops.stack.project import find_project
from tests.unit.stack.settings_walk import Setting, put, settings

PROJECT = find_project(Path(__file__).parent)
SETTINGS = settings()
ECR = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/mlops"
DIGEST = "sha256:" + "c" * 64
KEY = "arn:aws:kms:eu-west-1:111111111111:key/9f1e2d3c"
DEFINITION = "flight_delay.feature_definitions:FEATURES"
More = Mapping[tuple[str, ...], Any]
Outcome = str | list[tuple[str, int | None]]
"""The rendered graph; or where it is refused, and at which lines."""
WORKLOAD = ("workloads", "flight-delay")
ENDPOINT = (*WORKLOAD, "endpoint")
BATCH = (*WORKLOAD, "batch")
MONITORING = (*WORKLOAD, "monitoring")
BASES: Mapping[str, dict[str, Any]] = {
    "kubernetes": {
        "platform": {
            "environment": "dev",
            "target": "kubernetes",
            "namespace": "flights-dev",
            "owner": "team-flights",
            "images": {
                name: f"localhost/{name}:0123456789abcdef"
                for name in ("pipeline", "serving", "registry", "feature_store", "redis")
            },
            "kubernetes": {"context": "a-cluster"},
            "registry": {},
        },
        "workloads": {"flight-delay": {}},
        "feature_stores": {"flights": {"definition": DEFINITION}},
    },
    "sagemaker": {
        "platform": {
            "environment": "dev",
            "target": "sagemaker",
            "namespace": "flights-dev",
            "owner": "team-flights",
            "images": {name: f"{ECR}/{name}@{DIGEST}" for name in ("pipeline", "serving")},
            "sagemaker": {"account_id": "111111111111", "region": "eu-west-1"},
            "registry": {},
        },
        "workloads": {"flight-delay": {}},
        "feature_stores": {
            "flights": {
                "definition": DEFINITION,
                "sources": {"weather_v1": "s3://flights/weather", "punctuality_v1": "s3://flights/punctuality"},
            }
        },
    },
}
SCALED: More = {(*ENDPOINT, "replicas_min"): 2, (*ENDPOINT, "replicas_max"): 9}
IN_STEPS: More = {
    **SCALED,
    (*ENDPOINT, "rollout", "strategy"): "linear",
    (*ENDPOINT, "rollout", "step_percent"): 20,
    (*ENDPOINT, "sagemaker", "alarms", "server_error_percent"): 1.0,
}
PIPELINE = (*WORKLOAD, "pipeline")
TOLERATIONS = ((*ENDPOINT, "kubernetes", "tolerations", "0"), (*PIPELINE, "kubernetes", "tolerations", "0"))
TOLERATED: More = {(*path, "key"): "example.com/pool" for path in TOLERATIONS}
STEP = (*PIPELINE, "kubernetes", "resources", "train")
LARGE: More = {(*ENDPOINT, "kubernetes", "memory"): "64Gi", (*STEP, "memory"): "64Gi"}
PLACE = ("platform", "sagemaker")
# Payloads are stored somewhere, and a place is for something that is stored.
PLACED: More = {(*ENDPOINT, "kubernetes", "payloads", "location"): "pvc://watched/payloads"}
STORED: More = {(*ENDPOINT, "payloads", "sampling_percent"): 20}
ON_POSTGRESQL: More = {
    ("platform", "registry", "database"): "postgresql",
    ("platform", "images", "postgres"): "localhost/postgres:0123456789abcdef",
}
EXPOSE = (*ENDPOINT, "expose")
BY_GATEWAY: More = {
    (*EXPOSE, "gateway", "name"): "public",
    (*EXPOSE, "gateway", "namespace"): "gateways",
    (*EXPOSE, "gateway", "section_name"): "https",
}
WITH_KEYS: More = {(*EXPOSE, "api_keys_secret_name"): "clients"}
KEY_SET: More = {(*EXPOSE, "jwt", "jwks_url"): "https://login.example.com/jwks.json"}
EXPOSED: Mapping[tuple[str, ...], More] = {
    ("expose", "host"): {**BY_GATEWAY, **WITH_KEYS},
    ("expose", "api_keys_secret_name"): BY_GATEWAY,
    **{("gateway", name): WITH_KEYS for name in ("name", "namespace", "section_name", "proxy_namespace")},
    **{("ingress", name): WITH_KEYS for name in ("class_name", "controller_namespace", "tls_secret_name")},
    ("ingress", "annotations", "traefik.ingress.kubernetes.io/router.entrypoints"): WITH_KEYS,
    **{("jwt", name): {**BY_GATEWAY, **KEY_SET} for name in ("issuer", "audience", "scope")},
    **{("jwt", name): BY_GATEWAY for name in ("jwks_url", "jwks_config_map_name")},
    ("requests_per_minute_per_replica",): {**BY_GATEWAY, **WITH_KEYS},
    ("rate_limit", "burst"): {**BY_GATEWAY, **WITH_KEYS},
}
ALERTING_IMAGES: More = {
    ("platform", "images", image): f"localhost/{image}:0123456789abcdef" for image in ("prometheus", "alertmanager")
}
MEASURED: More = {(*MONITORING, "labels"): "s3://labels/flights", (*MONITORING, "quality", "max"): 13.0}
MONITORED: Mapping[tuple[str, ...], More] = {
    ("images", "prometheus"): {**ALERTING_IMAGES, (*MONITORING, "payloads"): "pvc://predictions/flights"},
    ("images", "alertmanager"): {**ALERTING_IMAGES, (*MONITORING, "payloads"): "pvc://predictions/flights"},
}
STORE = ("feature_stores", "flights")
SOURCES_IN_S3: More = {
    (*STORE, "definition"): DEFINITION,
    (*STORE, "sources", "weather_v1"): "s3://flights/weather",
    (*STORE, "sources", "punctuality_v1"): "s3://flights/punctuality",
}
# What a setting means something with only, by the end of its path.
CONTEXTS: Mapping[tuple[str, ...], More] = {
    **EXPOSED,
    ("rollout", "step_percent"): IN_STEPS,
    ("rollout", "bake_seconds"): IN_STEPS,
    ("invocations_per_instance_target",): SCALED,
    ("scale_in_cooldown_seconds",): SCALED,
    ("scale_out_cooldown_seconds",): SCALED,
    ("backlog_per_instance_target",): SCALED,
    ("subnet_ids", "0"): {(*PLACE, "security_group_ids"): ["sg-2123456789abcdef0"]},
    ("security_group_ids", "0"): {(*PLACE, "subnet_ids"): ["subnet-2123456789abcdef0"]},
    ("consumer_account_ids", "0"): {(*PLACE, "kms_key_arn"): KEY},
    ("producer_account_ids", "0"): {(*PLACE, "kms_key_arn"): KEY},
    ("tolerations", "0", "operator"): TOLERATED,
    ("tolerations", "0", "value"): TOLERATED,
    ("tolerations", "0", "effect"): TOLERATED,
    ("toleration_seconds",): {**TOLERATED, **{(*path, "effect"): "NoExecute" for path in TOLERATIONS}},
    ("shared_memory_gib",): LARGE,
    ("model_cache_gib",): LARGE,
    ("inference_ami_version",): {(*ENDPOINT, "sagemaker", "instance_type"): "ml.g5.xlarge"},
    ("spot", "max_wait_seconds"): {(*PIPELINE, "run_timeout_seconds"): 60},
    # A pod that leaves waits for no less.
    ("kubernetes", "drain_seconds"): {(*ENDPOINT, "request_timeout_seconds"): 2},
    ("allow_unlisted",): {(*ENDPOINT, "sagemaker", "instance_type"): "ml.m99.large"},
    ("payloads", "sampling_percent"): PLACED,
    ("payloads", "redacted_features", "0"): PLACED,
    ("payloads", "text_characters_max"): PLACED,
    ("payloads", "record_bytes_max"): PLACED,
    ("payloads", "retention_days"): PLACED,
    ("kubernetes", "payloads", "location"): STORED,
    ("kubernetes", "payloads", "s3_endpoint_url"): STORED,
    ("kubernetes", "payloads", "s3_region"): STORED,
    ("kubernetes", "payloads", "s3_credentials_secret_name"): STORED,
    ("kubernetes", "payloads", "queue_mib"): STORED,
    ("images", "postgres"): {("platform", "registry", "database"): "postgresql"},
    **{(*STORE, "kubernetes", key): SOURCES_IN_S3 for key in ("s3_endpoint_url", "s3_region")},
    (*STORE, "kubernetes", "s3_credentials_secret_name"): SOURCES_IN_S3,
    ("database_cpu",): ON_POSTGRESQL,
    ("database_memory",): ON_POSTGRESQL,
    **MONITORED,
    ("rule_labels", "release"): {(*MONITORING, "kubernetes", "prometheus"): "operator"},
    ("quality", "metric"): MEASURED,
    ("quality", "group_feature"): MEASURED,
    ("quality", "max"): {(*MONITORING, "labels"): "s3://labels/flights"},
    ("quality", "min"): {(*MONITORING, "labels"): "s3://labels/flights"},
    ("quality", "group_difference_max"): {**MEASURED, (*MONITORING, "quality", "group_feature"): "carrier"},
    **{("vllm", key): {(*ENDPOINT, "kubernetes", "accelerator", "count"): 1} for key in VllmArgs.__annotations__},
    **{("lmi", key): {(*ENDPOINT, "sagemaker", "instance_type"): "ml.g5.xlarge"} for key in LmiArgs.__annotations__},
    **{
        ("custom", key): {(*ENDPOINT, "kubernetes", "server", "protocol"): "custom"}
        for key in CustomProtocolArgs.__annotations__
    },
}


def contexts_of(setting: Setting, target: str) -> More:
    found: More = next((more for end, more in CONTEXTS.items() if setting.path[-len(end) :] == end), {})
    if setting.path[: len(MONITORING)] == MONITORING and target == "kubernetes":
        has_its_own = found.get((*MONITORING, "kubernetes", "prometheus")) != "operator"
        watched: dict[tuple[str, ...], Any]
        watched = {} if setting.path[-1] == "payloads" else {(*MONITORING, "payloads"): "pvc://predictions/flights"}
        if setting.path[-1].startswith("s3_"):
            watched = {(*MONITORING, "payloads"): "s3://predictions/flights"}
        token = (*MONITORING, "kubernetes", "retraining_token_secret_name")
        if setting.path == token:
            watched[*MONITORING, "retraining", "cooldown_hours"] = 24
        elif "retraining" in setting.path:
            watched[token] = "retraining-token"
        found = {**(ALERTING_IMAGES if has_its_own else {}), **watched, **found}
    return of_target(found, target)


def of_target(found: More, target: str) -> More:
    """What of it does not belong to the other target, which would refuse it for its own sake."""
    others = BASES.keys() - {target}
    return {path: value for path, value in found.items() if others.isdisjoint(path)}


def outcome(folder: Path, document: Mapping[str, Any]) -> Outcome:
    """What comes of a stack file."""
    config: dict[str, Any] = {f"mlops:{key}": value for key, value in document.items()}
    if document["platform"]["registry"].get("database") == "postgresql":
        config["mlops:registry_database_password"] = {"secure": "v1:abc"}
    (folder / "Pulumi.walk.yaml").write_text(yaml.safe_dump({"config": config}, sort_keys=False))
    try:
        return to_text([render_stack(replace(PROJECT, stacks=folder), "walk")])
    except ConfigError as error:
        return [(problem.path, problem.line) for problem in error.problems]


# What `mlops build` alone reads: no stack is declared differently for it.
OF_THE_BUILD = ("images", "repository")


def needs_a_model(setting: Setting) -> bool:
    """Without a model there is no endpoint, no batch and no monitoring: they show when one is pinned."""
    own = setting.path[: len(ENDPOINT)]
    images = [("images", name) for name in ("serving", "prometheus", "alertmanager")]
    return own in (ENDPOINT, BATCH, MONITORING) or setting.path[-2:] in images


def dotted(path: tuple[str, ...]) -> str:
    return "mlops:" + ".".join(path).replace(".0", "[0]")


def is_told(refused: list[tuple[str, int | None]], setting: Setting) -> bool:
    # What stands beside it because it must is refused with it.
    places = [dotted(path) for path in (setting.path, *setting.company)]
    return any(
        line is not None and (place.startswith(path) or path.startswith(place))
        for path, line in refused
        for place in places
    )


def arrives(setting: Setting, folder: Path, document: Mapping[str, Any]) -> bool:
    first, second = (outcome(folder, setting.within(document, value)) for value in setting.values)
    if isinstance(first, list) and isinstance(second, list):
        return is_told(first, setting) and is_told(second, setting)
    return first != second


@pytest.mark.parametrize("is_pinned", [True, False], ids=["pinned", "unpinned"])
@pytest.mark.parametrize("target", BASES)
def test_every_setting_arrives_or_is_refused_at_its_line(target: str, is_pinned: bool, tmp_path: Path) -> None:
    lost = []
    for setting in SETTINGS:
        if setting.path[-2:] == OF_THE_BUILD or (not is_pinned and needs_a_model(setting)):
            continue
        document: dict[str, Any] = yaml.safe_load(yaml.safe_dump(BASES[target]))
        if is_pinned and setting.path[:3] != (*WORKLOAD, "model"):
            put(document, (*WORKLOAD, "model"), {"version": 7, "digest": DIGEST})
        for path, value in contexts_of(setting, target).items():
            put(document, path, value)
        if setting.path[-2:] == ("registry", "url"):
            document["platform"]["images"].pop("registry", None)
        if not arrives(setting, tmp_path, document):
            lost.append(dotted(setting.path))
    assert lost == []


def test_the_walk_finds_the_settings() -> None:
    paths = {setting.path for setting in SETTINGS}
    assert (*WORKLOAD, "pipeline", "kubernetes", "resources", "train", "memory") in paths
    assert (*ENDPOINT, "sagemaker", "alarms", "topic_arns", "0") in paths
    assert (*BATCH, "key_columns", "0") in paths
    assert ("platform", "registry", "producer_account_ids", "0") in paths
    assert len(paths) > 90


def test_a_setting_that_is_dropped_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate's own bad case: a configuration that forgets one setting on its way to the component."""
    import pulumi_mlops.stack.arguments as module  # noqa: PLC0415

    own: Callable[..., dict[str, Any]] = module.given

    def forgetful(config: Any, **choice: Any) -> dict[str, Any]:
        found = own(config, **choice)
        found.get("endpoint", {}).pop("rollout_timeout_seconds", None)
        return found

    (setting,) = [one for one in SETTINGS if one.path[-1] == "rollout_timeout_seconds"]
    document: dict[str, Any] = yaml.safe_load(yaml.safe_dump(BASES["kubernetes"]))
    put(document, (*WORKLOAD, "model"), {"version": 7, "digest": DIGEST})
    assert arrives(setting, tmp_path, document)
    monkeypatch.setattr(module, "given", forgetful)
    assert not arrives(setting, tmp_path, document)
