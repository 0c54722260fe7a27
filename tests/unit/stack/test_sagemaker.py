"""Stack files for SageMaker: a good one, and for each rule the line that breaks it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pulumi_mlops.stack import StackConfig
from pulumi_mlops.stack.across import problems_between
from pulumi_mlops.stack.document import StackDocument
from pulumi_mlops.stack.file import read_document
from pulumi_mlops.stack.problems import Problem

Check = Callable[[str], list[Problem]]
ECR = "111111111111.dkr.ecr.eu-west-1.amazonaws.com"
TOPIC = "arn:aws:sns:eu-west-1:111111111111:alarms"
GOOD = f"""\
config:
  mlops:platform:
    environment: dev
    target: sagemaker
    namespace: flights-dev
    owner: team-flights
    images:
      pipeline: {ECR}/mlops/pipeline@sha256:{"a" * 64}
      serving: {ECR}/mlops/serving@sha256:{"b" * 64}
    sagemaker:
      account_id: "111111111111"
      region: eu-west-1
      kms_key_arn: arn:aws:kms:eu-west-1:111111111111:key/0f1e2d3c
      permissions_boundary_arn: arn:aws:iam::111111111111:policy/boundary
      subnet_ids: [subnet-0123456789abcdef0]
      security_group_ids: [sg-0123456789abcdef0]
    registry:
      producer_account_ids: ["222222222222"]
  mlops:workloads:
    flight-delay:
      pipeline:
        schedule: "0 4 * * 1"
        gate: {{metric: mae_minutes, max: 13.0}}
        sagemaker:
          training_instance_type: ml.m5.xlarge
          instance_types: {{ingest: ml.m5.large}}
          cache_days: 7
          approval: Approved
      model: {{version: 7, digest: "sha256:{"c" * 64}"}}
      endpoint:
        replicas_min: 2
        replicas_max: 3
        rollout: {{strategy: canary, step_percent: 10, bake_seconds: 60}}
        sagemaker:
          instance_type: ml.m5.large
          alarms: {{server_error_percent: 1.0, topic_arns: ["{TOPIC}"]}}
          scale_in_cooldown_seconds: 90
        payloads: {{sampling_percent: 5}}
"""
COOLDOWN = "scale_in_cooldown_seconds: 90"
CAPTURE = "payloads: {sampling_percent: 5}"
SHADOW = f'shadow: {{model: {{version: 8, digest: "sha256:{"d" * 64}"}}}}'
ALARMS = f'          alarms: {{server_error_percent: 1.0, topic_arns: ["{TOPIC}"]}}\n'
ROLLOUT = "        rollout: {strategy: canary, step_percent: 10, bake_seconds: 60}\n"
REPLICAS = "        replicas_min: 2\n        replicas_max: 3\n"
INSTANCE = "          instance_type: ml.m5.large\n"
NETWORK = "      subnet_ids: [subnet-0123456789abcdef0]\n      security_group_ids: [sg-0123456789abcdef0]\n"
SERVERLESS = (
    GOOD.replace(f"        {CAPTURE}\n", "")
    .replace(COOLDOWN, "serverless: {max_concurrency: 10}")
    .replace(ROLLOUT, "")
    .replace(REPLICAS, "")
    .replace(INSTANCE, "")
    .replace(NETWORK, "")
)


def test_an_image_of_a_workloads_own_is_judged_at_its_own_line(check: Check) -> None:
    own = "    flight-delay:\n      images: {serving: registry.example/own@sha256:" + "b" * 64 + "}\n"
    (problem,) = check(GOOD.replace("    flight-delay:\n", own))
    assert (problem.path, problem.expected) == (
        "mlops:workloads.flight-delay.images.serving",
        "an image in ECR by digest (<account>.dkr.ecr.<region>.amazonaws.com/<repository>@sha256:<64 hex digits>)",
    )
    assert problem.line == GOOD.splitlines().index("    flight-delay:") + 2


def test_a_good_stack_is_read(read: Callable[[str], StackConfig]) -> None:
    stack = read(GOOD)
    settings = stack.platform.sagemaker
    assert settings is not None
    assert (settings.account_id, settings.protect_data) == ("111111111111", True)
    assert read(SERVERLESS).workloads["flight-delay"].endpoint.sagemaker is not None


@pytest.mark.parametrize(
    ("old", "new", "path", "got", "expected"),
    [
        ("eu-west-1\n      kms", "eu-wset-1\n      kms", "platform.sagemaker.region", "'eu-wset-1'", "region"),
        ('"111111111111"\n', '"1111"\n', "platform.sagemaker.account_id", "'1111'", "12 digits"),
        (f"{ECR}/mlops/serving@", "registry.example/serving@", "images.serving", "registry.example", "ECR"),
        (f"{ECR}/mlops/serving@sha256:{'b' * 64}", f"{ECR}/mlops/serving:latest", "images.serving", "latest", "digest"),
        (
            "ecr.eu-west-1.amazonaws.com/mlops/serving",
            "ecr.us-east-1.amazonaws.com/mlops/serving",
            "images.serving",
            "us-east-1",
            "region eu-west-1",
        ),
        ("kms:eu-west-1", "kms:us-east-1", "sagemaker.kms_key_arn", "us-east-1", "region eu-west-1"),
        (
            "iam::111111111111:policy",
            "iam::999999999999:policy",
            "permissions_boundary_arn",
            "999999999999",
            "account 111111111111",
        ),
        ("sns:eu-west-1", "sns:us-east-1", "alarms.topic_arns[0]", "us-east-1", "region eu-west-1"),
        (
            "      security_group_ids: [sg-0123456789abcdef0]\n",
            "",
            "sagemaker.security_group_ids",
            "nothing",
            "at least one",
        ),
        (
            "training_instance_type: ml.m5.xlarge",
            "training_instance_type: ml.m5.gigantic",
            "training_instance_type",
            "'ml.m5.gigantic'",
            "an instance type for training in eu-west-1",
        ),
        (
            "  instance_type: ml.m5.large",
            "  instance_type: ml.m5.lagre",
            "endpoint.sagemaker.instance_type",
            "'ml.m5.lagre'",
            "an instance type for",
        ),
        ("{ingest: ml.m5.large}", "{ingest: m5.large}", "instance_types.ingest", "'m5.large'", "SageMaker instance"),
        ("approval: Approved", "approval: Yes please", "pipeline.sagemaker.approval", "'Yes please'", "one of"),
        (ALARMS, "", "endpoint.rollout.strategy", "canary", "an alarm"),
        ("{server_error_percent: 1.0, ", "{", "endpoint.rollout.strategy", "canary", "an alarm"),
        (
            "flights-dev\n",
            "n" * 45 + "\n",
            "platform.namespace",
            "n" * 45,
            "at most 40 characters",
        ),
        ("    flight-delay:", "    " + "w" * 40 + ":", "workloads." + "w" * 40, "52 characters", "at most 43"),
    ],
)
def test_each_rule_refuses_the_line_that_breaks_it(
    check: Check, old: str, new: str, path: str, got: str, expected: str
) -> None:
    assert old in GOOD
    problems = [problem for problem in check(GOOD.replace(old, new)) if problem.path.endswith(path)]
    assert problems, check(GOOD.replace(old, new))
    assert got in problems[0].got
    assert expected in problems[0].expected
    assert problems[0].line is not None


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (GOOD.replace(f"{COOLDOWN}\n        {CAPTURE}", f"asynchronous: {{}}\n          {SHADOW}"), "shadow"),
        (GOOD.replace(COOLDOWN, "asynchronous: {}"), "endpoint.payloads"),
        (SERVERLESS.replace("serverless:", f"{SHADOW}\n          serverless:"), "shadow"),
        (SERVERLESS.replace("serverless:", "asynchronous: {}\n          serverless:"), "asynchronous"),
        (SERVERLESS.replace("      endpoint:\n", f"      endpoint:\n        {CAPTURE}\n"), "endpoint.payloads"),
        (SERVERLESS.replace("serverless:", "instance_type: ml.m5.large\n          serverless:"), "instance_type"),
        (
            SERVERLESS.replace("      endpoint:\n", f"      endpoint:\n{REPLICAS}".replace("min: 2", "min: 1")),
            "replicas_max",
        ),
        (SERVERLESS.replace("      endpoint:\n", f"      endpoint:\n{ROLLOUT}"), "rollout.strategy"),
        (SERVERLESS.replace("    registry:\n", f"{NETWORK}    registry:\n"), "platform.sagemaker.subnet_ids"),
        (
            SERVERLESS.replace("{max_concurrency: 10}", "{max_concurrency: 10, provisioned_concurrency: 11}"),
            "provisioned_concurrency",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(check: Check, text: str, path: str) -> None:
    (problem,) = check(text)
    assert problem.path.endswith(path)


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("    registry:\n", "    kubernetes: {context: c}\n    registry:\n", "platform.kubernetes"),
        ('      producer_account_ids: ["222222222222"]', "      database: sqlite", "registry.database"),
        ('      producer_account_ids: ["222222222222"]', "      url: http://mlflow:5000", "registry.url"),
        (
            "        sagemaker:\n          training",
            '        kubernetes: {resources: {ingest: {cpu: "1"}}}\n        sagemaker:\n          training',
            "pipeline.kubernetes",
        ),
        (REPLICAS, REPLICAS + "        kubernetes: {drain_seconds: 20}\n", "endpoint.kubernetes"),
    ],
)
def test_what_only_kubernetes_has_is_refused_at_its_place(check: Check, old: str, new: str, path: str) -> None:
    (problem,) = check(GOOD.replace(old, new, 1))
    assert problem.path.endswith(path)
    assert "which target sagemaker does not support" in problem.got


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("      endpoint:\n", "      endpoint:\n        sagemaker: {}\n", "endpoint.sagemaker"),
        ("      endpoint:\n", "      endpoint:\n        rollout: {strategy: linear}\n", "endpoint.rollout"),
        (
            "      pipeline:\n        schedule",
            "      pipeline:\n        sagemaker: {}\n        schedule",
            "pipeline.sagemaker",
        ),
        ("      database: sqlite\n", '      consumer_account_ids: ["222222222222"]\n', "consumer_account_ids"),
        ("      database: sqlite\n", '      producer_account_ids: ["222222222222"]\n', "producer_account_ids"),
    ],
)
def test_what_only_sagemaker_has_is_refused_on_kubernetes(
    check: Check, good: str, old: str, new: str, path: str
) -> None:
    assert old in good
    (problem,) = check(good.replace(old, new, 1))
    assert problem.path.endswith(path)
    assert "which target kubernetes does not support" in problem.got


def test_the_settings_of_the_target_are_asked_for(check: Check) -> None:
    start, end = GOOD.index("    sagemaker:\n"), GOOD.index("    registry:\n")
    problems = {problem.path: problem.got for problem in check(GOOD[:start] + GOOD[end:])}
    assert problems["mlops:platform.sagemaker"] == "nothing"


def test_other_accounts_read_nothing_without_a_key_that_lets_them(check: Check) -> None:
    key = "      kms_key_arn: arn:aws:kms:eu-west-1:111111111111:key/0f1e2d3c\n"
    (problem,) = check(GOOD.replace(key, "").replace("producer_account_ids", "consumer_account_ids"))
    assert problem.path == "mlops:platform.sagemaker.kms_key_arn"
    (problem,) = check(GOOD.replace(key, ""))
    assert problem.path == "mlops:platform.sagemaker.kms_key_arn"
    elsewhere = '      account_id: "999999999999"\n      namespace: flights-dev'
    (problem,) = check(GOOD.replace('      producer_account_ids: ["222222222222"]', elsewhere))
    assert (problem.path, problem.fix[:4]) == ("mlops:platform.registry", "copy")


@pytest.mark.parametrize(("retention", "days"), [("run_retention_days: 6", 6), ("", 90)])
def test_a_result_is_not_reused_after_it_was_deleted(check: Check, retention: str, days: int) -> None:
    text = GOOD.replace("      region: eu-west-1\n", f"      region: eu-west-1\n      {retention}\n")
    assert check(text.replace("cache_days: 7", f"cache_days: {days}")) == []
    (problem,) = check(text.replace("cache_days: 7", f"cache_days: {days + 1}"))
    assert problem.path.endswith("pipeline.sagemaker.cache_days")
    assert f"at most {days}, the platform.sagemaker.run_retention_days" in problem.expected


def test_the_keys_of_data_reach_the_jobs_arguments(check: Check, read: Callable[[str], StackConfig]) -> None:
    key = "arn:aws:kms:eu-west-1:111111111111:key/raw"
    pipeline = read(GOOD.replace("cache_days: 7", f'data_kms_key_arns: ["{key}"]')).workloads["flight-delay"].pipeline
    assert pipeline.sagemaker is not None
    assert pipeline.sagemaker.data_kms_key_arns == (key,)


def test_the_rules_of_the_components_need_no_library_of_pulumis(tmp_path: Path) -> None:
    """`config check` says the same where pulumi_aws is not installed."""
    text = GOOD.replace("ingest: ml.m5.large", "ingest: ml.g4dn.xlarge").replace("server_error_percent: 1.0, ", "")
    (tmp_path / "Pulumi.yaml").write_text("name: mlops\nruntime: python\n")
    file = tmp_path / "Pulumi.dev-aws.yaml"
    file.write_text(text.replace("        schedule:", "        workspace_gib: 126\n        schedule:"))
    code = "import sys; sys.modules['pulumi_aws'] = None; from pulumi_mlops.cli.app import app; app(sys.argv[1:])"
    command = [sys.executable, "-c", code, "config", "check", str(file)]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    for path in ("pipeline.workspace_gib: got 126", "endpoint.rollout.strategy: got 'canary'"):
        assert path in told.stdout + told.stderr


def test_several_problems_are_told_at_once(check: Check) -> None:
    text = GOOD.replace(ALARMS, "").replace("  instance_type: ml.m5.large", "  instance_type: ml.none.large")
    text = text.replace("kms:eu-west-1", "kms:us-east-1")
    paths = {problem.path for problem in check(text)}
    assert {
        "mlops:platform.sagemaker.kms_key_arn",
        "mlops:workloads.flight-delay.endpoint.rollout.strategy",
        "mlops:workloads.flight-delay.endpoint.sagemaker.instance_type",
    } <= paths


def _document(tmp_path: Path, name: str, text: str) -> StackDocument:
    path = tmp_path / name
    path.write_text(text)
    return read_document(path, "mlops", source=name)


def test_an_account_is_let_in_by_the_registry_that_it_uses(tmp_path: Path) -> None:
    dev = _document(tmp_path, "dev.yaml", GOOD)
    user = GOOD.replace(
        '      producer_account_ids: ["222222222222"]', '      account_id: "111111111111"\n      namespace: flights-dev'
    )
    staging = _document(
        tmp_path,
        "staging.yaml",
        user.replace('account_id: "111111111111"\n      region', 'account_id: "222222222222"\n      region'),
    )
    prod = _document(
        tmp_path,
        "prod.yaml",
        user.replace('account_id: "111111111111"\n      region', 'account_id: "333333333333"\n      region'),
    )
    assert list(problems_between([dev, staging])) == []
    (problem,) = problems_between([dev, staging, prod])
    assert (problem.source, problem.path) == ("dev.yaml", "mlops:platform.registry.producer_account_ids")
    assert "'333333333333'" in problem.got
    serving = _document(
        tmp_path, "serving.yaml", (tmp_path / "prod.yaml").read_text().partition("  mlops:workloads")[0]
    )
    (problem,) = problems_between([dev, serving])
    assert problem.path == "mlops:platform.registry.consumer_account_ids"
