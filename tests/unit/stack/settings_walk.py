"""Every setting of a stack file, found from its schema, with two right values for each, found from its rule."""

import copy
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_mlops._shared import values
from pulumi_mlops._shared.aws import values as aws_values
from pulumi_mlops._shared.rules import Pattern
from pulumi_mlops.batch_job.settings import COLUMN
from pulumi_mlops.endpoint.kubernetes.own_server import settings as own_server
from pulumi_mlops.monitoring import settings as monitoring
from pulumi_mlops.stack.model import StackConfig

Path = tuple[str, ...]
Values = tuple[Any, Any]

SCHEMA = StackConfig.model_json_schema()
_DIGESTS = ("sha256:" + "a" * 64, "sha256:" + "b" * 64)
_ECR = "111111111111.dkr.ecr.eu-west-1.amazonaws.com/mlops/serving@"
_KMS = "arn:aws:kms:eu-west-1:111111111111:key/"

# Two right texts for each rule. A rule that comes later is asked for here, and its settings are then walked as well.
_TEXTS: Mapping[Pattern, Values] = {
    values.namespace: ("flights-a", "flights-b"),
    values.object_name: ("login-a", "login-b"),
    values.label_key: ("example.com/pool", "example.com/zone"),
    values.label_value: ("models", "others"),
    values.extended_resource: ("amd.com/gpu", "nvidia.com/mig-1g.5gb"),
    values.step_name: ("train", "evaluate"),
    values.context_name: ("one", "other"),
    values.workload_name: ("arrivals", "departures"),
    values.owner: ("team-a", "team-b"),
    values.image: tuple(f"registry.example/team/image@{digest}" for digest in _DIGESTS),  # type: ignore[dict-item]
    values.image_repository: ("registry.example/team/a", "registry.example/team/b"),
    values.digest: _DIGESTS,
    values.host_name: ("delays.example.com", "arrivals.example.com"),
    values.jwt_text: ("https://login.example.com/", "delays"),
    values.cpu: ("250m", "350m"),
    values.code_format: ("joblib", "cloudpickle"),
    values.graph_reference: ("flight_delay.graph:GRAPH", "flight_delay.graph:OTHER"),
    values.table_location: ("s3://tables/a", "s3://tables/b"),
    COLUMN: ("flight_id", "carrier_id"),
    monitoring.METRIC: ("mae", "rmse"),
    monitoring.FEATURE: ("carrier", "origin"),
    monitoring.CURRENCY: ("EUR", "CHF"),
    monitoring.ALERT: ("ServerErrors", "ReplicasBusy"),
    values.view_name: ("weather_v1", "punctuality_v1"),
    values.s3_uri: ("s3://models/a", "s3://models/b"),
    values.not_empty: ("serve", "run"),
    own_server.url_path: ("/a", "/b"),
    own_server.mount_path: ("/models/a", "/models/b"),
    own_server.json_pointer: ("/a", "/b/0"),
    aws_values.account_id: ("222222222222", "333333333333"),
    aws_values.region: ("eu-west-1", "eu-central-1"),
    aws_values.ecr_image: tuple(f"{_ECR}{digest}" for digest in _DIGESTS),  # type: ignore[dict-item]
    aws_values.kms_key_arn: (f"{_KMS}0f1e2d3c", f"{_KMS}1f1e2d3c"),
    aws_values.policy_arn: ("arn:aws:iam::111111111111:policy/a", "arn:aws:iam::111111111111:policy/b"),
    aws_values.topic_arn: ("arn:aws:sns:eu-west-1:111111111111:a", "arn:aws:sns:eu-west-1:111111111111:b"),
    aws_values.subnet_id: ("subnet-0123456789abcdef0", "subnet-1123456789abcdef0"),
    aws_values.security_group_id: ("sg-0123456789abcdef0", "sg-1123456789abcdef0"),
    aws_values.instance_type: ("ml.m5.2xlarge", "ml.m5.4xlarge"),
}
_PATTERNS = {rule.json_schema()["pattern"]: pair for rule, pair in _TEXTS.items()}
_PATTERNS[values.memory.json_schema()["pattern"]] = ("640Mi", "768Mi")
_PATTERNS[values.https_url.json_schema()["pattern"]] = ("https://login.example.com/a", "https://login.example.com/b")
_FORMATS: Mapping[str, Values] = {
    "uri": ("http://mlflow.flights-a.svc.cluster.local:5000", "http://mlflow.flights-b.svc.cluster.local:5000"),
    "cron": ("0 4 * * 1", "0 5 * * 1"),
    "cidr": ("10.20.0.0/16", "10.30.0.0/16"),
}
# What else must be right of a setting, by its name: a graph's parameter, a place apart from a batch's input.
_BY_NAME: Mapping[str, Values] = {
    "horizon_days": (21, 35),
    "output": ("s3://scores/a", "s3://scores/b"),
    "store": ("flights", "others"),
    "definition": ("flight_delay.feature_definitions:FEATURES", "flight_delay.feature_definitions:OTHER"),
    "request": ('{"table": "$rows"}', '{"table": "$matrix"}'),
}
# What any name stands for, by the mapping that it is a key of.
_NAMES = {
    "workloads": "flight-delay",
    "feature_stores": "flights",
    "sources": "weather_v1",
    "parameters": "horizon_days",
    "resources": "train",
    "instance_types": "train",
    "node_selector": "example.com/pool",
    "environment": "WORKERS",
    "pod_annotations": "sidecar.istio.io/inject",
    "annotations": "traefik.ingress.kubernetes.io/router.entrypoints",
    "rule_labels": "release",
    "service_account_annotations": "eks.amazonaws.com/role-arn",
}


@dataclass(frozen=True)
class Setting:
    """One setting that a stack file can have."""

    path: Path
    """Where it stands; a place in a list is `0`."""
    values: Values
    company: Mapping[Path, Any]
    """What stands beside it because its mapping requires it."""
    schema: Mapping[str, Any]
    """What the stack file's schema says of it."""

    def within(self, document: Mapping[str, Any], value: object) -> dict[str, Any]:
        """Return a document that has a value of this setting."""
        changed = copy.deepcopy(dict(document))
        if any("registry" in path for path in self.company):
            changed["platform"]["registry"] = {}
        for path, needed in self.company.items():
            put(changed, path, needed)
        put(changed, self.path, value)
        return changed


def put(document: dict[str, Any], path: Path, value: object) -> None:
    """Set the value at a path, with the mappings and lists that lead to it."""
    node: Any = document
    for index, part in enumerate(path):
        is_last = index == len(path) - 1
        following = value if is_last else ([None] if path[index + 1] == "0" else {})
        if part == "0":
            node[0] = following if is_last or node[0] is None else node[0]
            node = node[0]
        elif is_last:
            node[part] = following
        else:
            kept = node.get(part)
            node[part] = kept if isinstance(kept, dict | list) else following
            node = node[part]


def settings() -> list[Setting]:
    """Return every setting, each once for each branch of a union that has it."""
    return list(_walk(SCHEMA, (), {}))


def _walk(node: Mapping[str, Any], path: Path, company: Mapping[Path, Any]) -> Iterator[Setting]:
    branches = _branches(node)
    scalars = [
        branch for branch in branches if "properties" not in branch and branch.get("type") not in ("object", "array")
    ]
    if scalars:
        yield Setting(path, _values_of(scalars[0], path), company, scalars[0])
    for branch in branches:
        if branch.get("type") == "array":
            yield from _walk(branch["items"], (*path, "0"), company)
        named = [*branch.get("patternProperties", {}).values(), branch.get("additionalProperties")]
        for child in (one for one in named if isinstance(one, Mapping)):
            yield from _walk(child, (*path, _NAMES.get(path[-1], "a-name")), company)
        for key, child in branch.get("properties", {}).items():
            beside = {
                (*path, other): _example(branch["properties"][other], (*path, other))
                for other in branch.get("required", ())
                if other != key and len(path) > 1
            }
            yield from _walk(child, (*path, key), {**company, **beside})


def _example(node: Mapping[str, Any], path: Path) -> Any:
    branch = _branches(node)[0]
    if "properties" in branch:
        return {key: _example(branch["properties"][key], (*path, key)) for key in branch.get("required", ())}
    return _values_of(branch, path)[0]


def _branches(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the schemas that a node may stand for, references resolved, and without null."""
    choices = node.get("oneOf") or node.get("anyOf") or [node]
    found: list[Mapping[str, Any]] = []
    for choice in choices:
        resolved = (
            {**SCHEMA["$defs"][choice["$ref"].removeprefix("#/$defs/")], **choice} if "$ref" in choice else choice
        )
        if resolved is not choice and any(key in resolved for key in ("oneOf", "anyOf")):
            found += _branches(resolved)
        elif resolved.get("type") != "null":
            found.append(resolved)
    return found


def _values_of(schema: Mapping[str, Any], path: Path) -> Values:
    if "enum" in schema:
        first, second, *_ = schema["enum"]
        return first, second
    if schema.get("type") == "boolean":
        return False, True
    if schema.get("type") in ("integer", "number"):
        return _numbers(schema)
    if path[-1] in _BY_NAME:
        return _BY_NAME[path[-1]]
    for key, known in (("pattern", _PATTERNS), ("format", _FORMATS)):
        if key in schema:
            assert schema[key] in known, f"{'.'.join(path)}: write two right values of {schema[key]} above"
            return known[schema[key]]
    return "mae_minutes", "another"


def _numbers(schema: Mapping[str, Any]) -> Values:
    least = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
    step = schema.get("multipleOf", 1)
    most = schema.get("maximum", schema.get("exclusiveMaximum", math.inf))
    if schema.get("type") == "number" and most <= least + 4 * step:
        lowest = schema.get("minimum", schema.get("exclusiveMinimum", 0))
        return lowest + (most - lowest) / 4, lowest + (most - lowest) / 2
    # Neither the least nor what most settings have by default.
    first = least + 3 * step
    return first, first + step
