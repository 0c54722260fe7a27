"""Each rule of a stack file, by a line that breaks it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pulumi_mlops.model_registry.config import OwnRegistry
from pulumi_mlops.stack import StackConfig
from pulumi_mlops.stack.file import read_document
from pulumi_mlops.stack.problems import ConfigError, Problem

Check = Callable[[str], list[Problem]]


def line_of(text: str, part: str) -> int:
    return next(number for number, line in enumerate(text.splitlines(), 1) if part in line)


def test_reads_a_good_file(good: str, read: Callable[[str], StackConfig]) -> None:
    stack = read(good)
    workload = stack.workloads["flight-delay"]
    assert isinstance(stack.platform.registry, OwnRegistry)
    assert stack.platform.registry.allowed_namespaces == ("flights-prod",)
    assert workload.pipeline.parameters == {"horizon_days": 28}
    assert workload.model is not None
    assert workload.model.version == 7
    assert stack.graph_of("flight-delay") == "flight_delay.graph:GRAPH"


def test_needs_no_model_and_no_settings_of_a_workload(good: str, read: Callable[[str], StackConfig]) -> None:
    text = good[: good.index("    flight-delay:")] + "    flight-delay: {}\n"
    workload = read(text).workloads["flight-delay"]
    assert workload.model is None
    assert workload.endpoint.replicas_max is None


def test_the_most_replicas_follow_the_fewest(good: str, read: Callable[[str], StackConfig]) -> None:
    stack = read(good.replace("replicas_min: 1\n        replicas_max: 3", "replicas_min: 4"))
    assert stack.workloads["flight-delay"].endpoint.replicas_max is None


@pytest.mark.parametrize(
    ("before", "after", "path", "got", "expected", "fix"),
    [
        ("owner:", "onwer:", "platform.onwer", "an unknown key", "owner", "did you mean owner?"),
        ("endpoint:", "endpiont:", "workloads.flight-delay.endpiont", "unknown", "endpoint", "did you mean endpoint?"),
        (
            "mlops:workloads",
            "mlops:workload",
            "workload",
            "an unknown key",
            "mlops:workloads",
            "did you mean mlops:workloads?",
        ),
        ("version: 7", 'version: "7"', "model.version", "'7'", "a whole number", "without quotes"),
        ("version: 7", "version: 7.5", "model.version", "7.5", "a whole number", "decimal point"),
        ("version: 7", "version: true", "model.version", "true", "a whole number", "without quotes"),
        ("version: 7", "version: 0", "model.version", "0", "at least 1", "raise it"),
        ("version: 7, ", "", "model.version", "nothing", "the key version", "add version"),
        (
            'digest: "sha256:aaaa',
            'digest: "sha256:AAAA',
            "model.digest",
            "sha256:AAAA",
            "64 hex digits",
            "copy the digest",
        ),
        ('cpu: "2"', "cpu: 2", "train.cpu", "the whole number 2", "a text", '"2"'),
        ('cpu: "2"', "cpu: 0.5", "train.cpu", "the number 0.5", "a text", '"0.5"'),
        ('cpu: "2"', 'cpu: "two"', "train.cpu", "'two'", "an amount of CPU", "500m"),
        ("memory: 2Gi", "memory: 2G", "train.memory", "'2G'", "Mi, Gi or Ti", "2Gi"),
        ('"0 4 * * 1"', '"0 4 * *"', "pipeline.schedule", "4 fields", "five cron fields", "0 4 * * 1"),
        ('"0 4 * * 1"', '"0 25 * * *"', "pipeline.schedule", "hour '25'", "five cron fields", "quotes"),
        ('"0 4 * * 1"', "*/5 * * * *", "the whole file", "alias", "YAML", "quote"),
        ("environment: dev", "environment: 010", "platform.environment", "010, which", "a text", ': "010"'),
        ("horizon_days: 28", "season: 2013-03-01", "season", "point in time", "a text", ': "2013-03-01"'),
        (
            "horizon_days: 28",
            "horizon_day: 28",
            "horizon_day",
            "an unknown parameter",
            "learning_rate",
            "horizon_days?",
        ),
        ("horizon_days: 28", "horizon_days: 2.5", "horizon_days", "2.5", "a whole number", "decimal"),
        ("horizon_days: 28", "horizon_days: true", "horizon_days", "true", "a whole number", "without quotes"),
        ("horizon_days: 28", "season: 1.30", "season", "1.3", "a text", "quotes"),
        ("horizon_days: 28", "season: [1]", "season", "a list", "a text, a number", "single value"),
        ("horizon_days: 28", "horizon_days: 400", "horizon_days", "400", "at most 365", "lower it"),
        (
            "metric: mae_minutes",
            "metric: mae_minute",
            "gate.metric",
            "'mae_minute'",
            "which step train",
            "mae_minutes?",
        ),
        ("{train:", "{trian:", "resources.trian", "an unknown step", "ingest, train", "did you mean train?"),
        ("max: 13.0", "max: 13.0, min: 1", "pipeline.gate", "'max': 13.0, 'min': 1.0", "exactly one", "less is better"),
        (", max: 13.0", "", "pipeline.gate", "{'metric': 'mae_minutes'}", "exactly one", "less is better"),
        ("max: 13.0", "max: 1e400", "gate.max", "'1e400'", "a number", "without quotes"),
        ("horizon_days: 28", "horizon_days: 1e400", "horizon_days", "'1e400'", "a whole number", "quotes"),
        ("max: 13.0", 'max: "13"', "gate.max", "'13'", "a number", "without quotes"),
        ("replicas_min: 1", "replicas_min: 4", "endpoint.replicas_min", "4", "at most replicas_max (3)", "raise"),
        ("percent: 70", "percent: 101", "target_cpu_percent", "101", "10 to 100", "lower it"),
        (
            "flight-delay:",
            "Flight_Delay:",
            "workloads.Flight_Delay",
            "'Flight_Delay'",
            "lower-case letters",
            "choose such a name",
        ),
        ("flight-delay:", "f" * 41 + ":", "workloads.f", "(41 characters)", "at most 40 characters", "shorten it"),
        (
            "namespace: flights-dev",
            "namespace: Flights",
            "platform.namespace",
            "'Flights'",
            "Kubernetes name",
            "flights",
        ),
        (
            "target: kubernetes",
            "target: kubernets",
            "platform.target",
            "'kubernets'",
            "kubernetes, sage",
            "kubernetes?",
        ),
        ("target: kubernetes", "target: kubernets", "platform.target", "'kubernets'", "one of", "mean kubernetes"),
        ("pipeline:01234567", "pipeline:latest", "images.pipeline", "pipeline:latest", "pinned by digest", "pin it"),
        ("    owner: team-flights\n", "", "platform.owner", "nothing", "the key owner", "add owner"),
        ("{context: mlops-sandbox}", "", "platform.kubernetes", "nothing", "the settings of", "context"),
        ("database: sqlite", "database: mysql", "registry.database", "'mysql'", "sqlite, postgresql", "choose one"),
        ("[flights-prod]", "[flights-dev]", "allowed_namespaces[0]", "'flights-dev'", "other namespaces", "remove"),
        ("[flights-prod]", "flights-prod", "allowed_namespaces", "'flights-prod'", "a list", "[first, second]"),
        (
            "artifacts_volume_gib: 5",
            "artifacts_s3: {uri: models}",
            "artifacts_s3.uri",
            "'models'",
            "an S3 URI",
            "s3://bucket",
        ),
        ("database: sqlite", "url: http://mlflow", "registry.artifacts", "beside url", "either the url", "remove url"),
        (
            "    owner:",
            "    sagemaker: {}\n    owner:",
            "platform.sagemaker",
            "does not support",
            "kubernetes",
            "remove",
        ),
        (
            "-sandbox}",
            "-sandbox, image_pull_secret_names: [Login]}",
            "image_pull_secret_names[0]",
            "a text",
            "object",
            "registry-login",
        ),
        (
            "-sandbox}",
            "-sandbox, storage_class_name: fast_ssd}",
            "storage_class_name",
            "'fast_ssd'",
            "object",
            "kubectl get",
        ),
        ("[flights-prod]", "[a]\n      replicas: 0", "registry.replicas", "0", "1 to 100", "raise it"),
        (
            "[flights-prod]",
            "[a]\n      service_account_annotations: {a/b/c: d}",
            "annotations.a/b/c",
            "'a/b/c'",
            "the key of an annotation",
            "role-arn",
        ),
        ("percent: 70", "percent: 70, allowed_namespaces: [A]", "namespaces[0]", "'A'", "Kubernetes", "rename"),
        (
            "      pipeline:\n        schedule",
            "      pipeline:\n        kubernetes: {allowed_egress_cidrs: [10.0.0.1]}\n        schedule",
            "allowed_egress_cidrs[0]",
            "'10.0.0.1'",
            "an address range in CIDR",
            "10.20.3.4/32",
        ),
        (
            "      pipeline:\n        schedule",
            "      pipeline:\n        kubernetes: {allowed_egress_cidrs: [10.0.0.1/8]}\n        schedule",
            "allowed_egress_cidrs[0]",
            "'10.0.0.1/8'",
            "its first address",
            "10.20.0.0/16",
        ),
        ("config:\n", "config:\n  region: x\n", "region", "an unknown key", "mlops:platform", "remove it"),
        ("mlops:workloads", "mlop:workloads", "mlop:workloads", "an unknown key", "mlops:workloads", "mean mlops:work"),
        ("mlops:platform:", "mlops:platfrom:", "mlops:platform", "nothing", "mlops:platform", "add mlops:platform: …"),
        ("config:\n", "configs:\n", "configs", "an unknown key", "config", "did you mean config?"),
        (
            "    owner:",
            "    target: kubernetes\n    owner:",
            "platform.target",
            "second time",
            "each key once",
            "remove",
        ),
    ],
)
def test_tells_place_value_expectation_and_fix(
    good: str, check: Check, before: str, after: str, path: str, got: str, expected: str, fix: str
) -> None:
    assert before in good
    text = good.replace(before, after, 1)
    problem = next((problem for problem in check(text) if path in problem.path), None)
    assert problem is not None, [str(problem) for problem in check(text)]
    assert got in problem.got
    assert expected in problem.expected
    assert fix in problem.fix
    assert problem.source == "dev.yaml"
    if after and "\n" not in after and before in good.splitlines()[(problem.line or 1) - 1]:
        assert problem.line == line_of(text, after)


@pytest.mark.parametrize("url", ["http://[::1", "http://h:abc", "http://h:99999", "http://h:0", "ftp://h", "http://"])
def test_refuses_what_is_no_address(good: str, check: Check, url: str) -> None:
    registry = good[good.index("    registry:\n") : good.index("  mlops:workloads")]
    text = good.replace(registry, f'    registry: {{url: "{url}"}}\n')
    assert "mlops:platform.registry.url" in [problem.path for problem in check(text)]


def test_keys_of_a_provider_are_none_of_ours(good: str, check: Check) -> None:
    assert check(good.replace("config:\n", "config:\n  aws:region: eu-west-1\n  kubernetes:suppressHelm: true\n")) == []


def test_refuses_every_mistake_alone(good: str, check: Check) -> None:
    """One mistake is one line: no problem is told twice in other words."""
    for before, after in [("version: 7", 'version: "7"'), ("owner:", "onwer:"), ("replicas_max: 3", "replicas_max: 0")]:
        problems = check(good.replace(before, after))
        assert len({problem.path for problem in problems}) == len(problems)


def test_tells_all_problems_at_once_in_the_order_of_the_file(good: str, check: Check) -> None:
    text = (
        good.replace("environment: dev", "environment: DEV")
        .replace("artifacts_volume_gib: 5", "artifacts_volume_gib: lots")
        .replace("horizon_days: 28", "horizont: 28")
        .replace("replicas_max: 3", "replicas_max: 0")
    )
    problems = check(text)
    assert [problem.path.rpartition(".")[2] for problem in problems] == [
        "environment",
        "artifacts_volume_gib",
        "horizont",
        "replicas_max",
    ]
    assert [problem.line for problem in problems] == sorted(problem.line or 0 for problem in problems)
    assert problems[1].line == line_of(text, "artifacts_volume_gib: lots")


def test_a_problem_is_one_line_that_editors_can_follow(good: str, read: Callable[[str], StackConfig]) -> None:
    text = good.replace("version: 7", "version: seven")
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert str(caught.value) == (
        f"dev.yaml:{line_of(text, 'seven')}: mlops:workloads.flight-delay.model.version: got 'seven', "
        "expected a whole number, fix: write it without quotes and without a decimal point"
    )


@pytest.mark.parametrize("text", ["", "[]", "config: 3", "config: {a: &a [*a]}", "\tconfig:", "{{{"])
def test_refuses_what_is_no_stack_file(check: Check, text: str) -> None:
    assert check(text)


def test_a_missing_file_is_a_problem_and_not_a_crash(tmp_path: Path) -> None:
    document = read_document(tmp_path / "absent.yaml", "mlops")
    assert "No such file" in document.problems[0].got
