"""Checks the arguments of a training pipeline on SageMaker and fills in the defaults."""

import re
from collections.abc import Mapping
from typing import Any

from pulumi_mlops._shared import checks
from pulumi_mlops._shared.arguments import Arguments, Check, Requirement
from pulumi_mlops._shared.aws import checks as aws_checks
from pulumi_mlops._shared.aws import permissions
from pulumi_mlops._shared.aws.instance_disks import disk_gb
from pulumi_mlops._shared.aws.instance_types import InstanceUse
from pulumi_mlops._shared.aws.roles import LONGEST_ROLE_NAME, LONGEST_ROLE_POLICIES, policy_document
from pulumi_mlops._shared.aws.settings import read_common, read_network, resource_name
from pulumi_mlops._shared.aws.tags import component_tags
from pulumi_mlops._shared.documents import Document
from pulumi_mlops.training_pipeline import settings as neutral
from pulumi_mlops.training_pipeline.args import ModelApproval, SageMakerTrainingPipelineArgs
from pulumi_mlops.training_pipeline.sagemaker import roles
from pulumi_mlops.training_pipeline.sagemaker import schedule as scheduler
from pulumi_mlops.training_pipeline.sagemaker import steps as graph_steps
from pulumi_mlops.training_pipeline.sagemaker.definition import ParameterPlan, StepKind, StepPlan
from pulumi_mlops.training_pipeline.sagemaker.resolved import SageMakerPipelineSettings

COMPONENT = "training-pipeline"
# The longest name that is made of the pipeline's: of the role that SageMaker takes on for it.
LONGEST_NAME = LONGEST_ROLE_NAME - len("-execution")
# A processing job's; a training job may take longer.
LONGEST_JOB_SECONDS = 9 * 24 * 3600
# What AWS takes as the value of a variable, and of what is recorded with a version.
LONGEST_VALUE = 256
_RECORDED = re.compile(rf"[A-Za-z0-9 _.:/=+@-]{{1,{LONGEST_VALUE}}}")


def resolve(name: str, args: SageMakerTrainingPipelineArgs) -> SageMakerPipelineSettings:
    """Check the arguments and fill in the defaults.

    Raises:
        ArgumentsError: With every problem of the plain values. Outputs are checked where they are used.
    """
    arguments = Arguments("SageMakerTrainingPipeline", name, args, SageMakerTrainingPipelineArgs)
    arguments.check("name", name, checks.name(longest=LONGEST_NAME))
    read = arguments.read
    graph = read("graph", neutral.is_graph, {"reference": "", "parameters": {}, "steps": []})
    _check_graph(arguments, graph)
    common, network = read_common(arguments), read_network(arguments)
    subnets, groups = (network.subnet_ids, network.security_group_ids) if network else ([], [])
    data = _list(arguments, "data_s3_uris", aws_checks.s3_uri)
    model_name = read("model_name", checks.name(longest=63), name)
    tags = component_tags(common.tags, COMPONENT, workload=model_name)
    schedule = read("schedule", _is_schedule)
    settings = SageMakerPipelineSettings(
        name=name,
        aws_name=resource_name(arguments, common, name, longest=LONGEST_NAME),
        account=common.account,
        graph_reference=graph["reference"],
        model_name=model_name,
        steps=_steps(arguments, graph, common.account.region),
        result_step=graph_steps.result_step(graph["steps"]),
        parameters=_parameters(graph),
        gate=_gate(arguments, graph),
        schedule=scheduler.expression_of(schedule) if schedule else None,
        volume_gib=int(read("workspace_gib", checks.between(1, 16384), 2)),
        timeout_seconds=int(read("run_timeout_seconds", checks.between(60, LONGEST_JOB_SECONDS), 4 * 3600)),
        cache_days=int(read("sagemaker.cache_days", checks.between(0, 365), 0)),
        retry_attempts=int(read("sagemaker.retry_attempts", checks.between(0, 20), 3)),
        approval=ModelApproval(read("sagemaker.approval", None, ModelApproval.PENDING)).value,
        has_network=bool(subnets or data),
        subnet_ids=subnets,
        security_group_ids=groups,
        data_s3_uris=data,
        data_kms_key_arns=_list(arguments, "data_kms_key_arns", aws_checks.kms_key_arn),
        permissions_boundary_arn=common.permissions_boundary_arn,
        tags=tags,
        later={
            **_later(arguments, graph, common.account.region),
            "kms_key_arn": common.kms_key_arn,
            "subnet_ids": subnets,
            "security_group_ids": groups,
            "tags": tags,
        },
    )
    _check_disks(arguments, settings)
    arguments.finish()
    _check_role(arguments, settings)
    arguments.finish()
    return settings


def _check_graph(arguments: Arguments, graph: Mapping[str, Any]) -> None:
    """Refuse what SageMaker cannot run, and what it would only notice when a run has come to it."""
    if not graph["steps"]:
        return
    arguments.check("graph.reference", graph["reference"], _is_recorded)
    for got, expected, fix in graph_steps.problems(graph):
        arguments.add("graph", got, expected, fix)


def _steps(arguments: Arguments, graph: Mapping[str, Any], region: str) -> list[StepPlan]:
    given: Mapping[str, str] = arguments.read("sagemaker.instance_types", None, {})
    jobs = [step["name"] for step in graph["steps"] if graph_steps.kind_of(step) is not StepKind.REGISTRATION]
    for name in given:
        if jobs and name not in jobs:
            path = f"sagemaker.instance_types.{name}"
            arguments.add_unknown_key(path, f"one of the jobs {', '.join(jobs)}")
    machines = {
        StepKind.PROCESSING: _machine(arguments, "processing_instance_type", InstanceUse.PROCESSING, region),
        StepKind.TRAINING: _machine(arguments, "training_instance_type", InstanceUse.TRAINING, region),
        StepKind.REGISTRATION: "",
    }
    return [_step(arguments, step, machines, region) for step in graph["steps"]]


def _step(arguments: Arguments, step: Mapping[str, Any], machines: Mapping[StepKind, str], region: str) -> StepPlan:
    name, kind = step["name"], graph_steps.kind_of(step)
    use = InstanceUse.TRAINING if kind is StepKind.TRAINING else InstanceUse.PROCESSING
    machine = machines[kind]
    if machine:
        machine = _machine(arguments, f"instance_types.{name}", use, region, machine)
    return StepPlan(name, kind, graph_steps.after(step), machine, step.get("description") or "")


_DEFAULT_MACHINES = {InstanceUse.PROCESSING: "ml.m5.large", InstanceUse.TRAINING: "ml.m5.xlarge"}


def _machine(arguments: Arguments, key: str, use: InstanceUse, region: str, default: str | None = None) -> str:
    """Read a type of machine. Which types there are is only known in a region that is."""
    check = aws_checks.instance_type(use, region) if arguments.sound("sagemaker.region") else None
    machine: str = arguments.read(f"sagemaker.{key}", check, default or _DEFAULT_MACHINES[use])
    return machine


def _parameters(graph: Mapping[str, Any]) -> dict[str, ParameterPlan]:
    return {
        name: ParameterPlan(
            schema["type"], neutral.as_kind(schema["type"], schema["default"]), tuple(schema.get("enum") or ())
        )
        for name, schema in graph["parameters"].items()
    }


def _gate(arguments: Arguments, graph: Mapping[str, Any]) -> Document | None:
    gate = neutral.gate(arguments, graph)
    if gate is not None and arguments.sound("gate"):
        arguments.check("gate.metric", gate["metric"], _is_recorded)
    return gate


def _later(arguments: Arguments, graph: Mapping[str, Any], region: str) -> dict[str, Any]:
    read = arguments.read
    image = aws_checks.ecr_image
    if arguments.sound("sagemaker.region"):
        image = aws_checks.all_of(image, _in_region(region))
    given = neutral.parameters(arguments, graph)
    return {
        "image": read("image", image),
        "serving_image": read("sagemaker.serving_image", image),
        "environment": read("environment", _is_recorded),
        "bucket": read("sagemaker.bucket_name", aws_checks.bucket_name),
        "model_data_bucket": read("sagemaker.model_data_bucket", aws_checks.bucket_name, read("sagemaker.bucket_name")),
        "model_package_group": read("sagemaker.model_package_group", aws_checks.model_package_group),
        "champion": neutral.champion(arguments),
        "model_data_kms_key_arn": read("sagemaker.model_data_kms_key_arn", aws_checks.kms_key_arn),
        "values": {key: _short(arguments, key, value) for key, value in given.items()},
    }


def _in_region(region: str) -> Check:
    """Accept images that are where their jobs run: SageMaker takes no others."""

    def check(image: str) -> Requirement | None:
        found = permissions.ECR_IMAGE.fullmatch(image)
        if found is None or found["region"] == region:
            return None
        return Requirement(f"an image in the ECR of {region}, where the jobs run", "push the image there")

    return check


def _list(arguments: Arguments, key: str, check: Check) -> list[Any]:
    path = f"sagemaker.{key}"
    return [
        arguments.check(f"{path}[{index}]", item, check) for index, item in enumerate(arguments.read(path, None, []))
    ]


def _check_disks(arguments: Arguments, settings: SageMakerPipelineSettings) -> None:
    """Refuse a volume that is larger than the disks of a machine which has no other.

    botocore, ProcessingClusterConfig.VolumeSizeInGB: "You can't request a VolumeSizeInGB greater than the total size of
    the local instance storage." A training job has all of those disks, whatever it asks for.
    """
    for step in settings.steps:
        size = disk_gb(step.instance_type)
        if step.kind is StepKind.PROCESSING and size is not None and settings.volume_gib > size:
            expected = f"at most {size}, as step {step.name} on {step.instance_type} has the disks of its machine alone"
            fix = "lower it, or choose a machine without disks of its own"
            arguments.add("workspace_gib", settings.volume_gib, expected, fix)


def _check_role(arguments: Arguments, settings: SageMakerPipelineSettings) -> None:
    """Refuse more places than the jobs' policy has room for."""
    policy = policy_document(roles.jobs_role(settings))["policy"]
    if isinstance(policy, str) and len(policy) > LONGEST_ROLE_POLICIES:
        got = f"{len(settings.data_s3_uris)} locations, a policy of {len(policy)} characters for the jobs"
        fix = "name prefixes that several of them have in common"
        arguments.add("sagemaker.data_s3_uris", got, f"a policy of at most {LONGEST_ROLE_POLICIES}", fix)


def _short(arguments: Arguments, name: str, value: Any) -> Any:
    """Check a parameter's value once more: as the variable that a job finds it in, it has a limit."""
    return arguments.check(f"parameters.{name}", value, _fits_a_variable)


def _fits_a_variable(value: object) -> Requirement | None:
    if not isinstance(value, str) or len(value) <= LONGEST_VALUE:
        return None
    fix = "pass the place of a longer text, on S3 for example"
    return Requirement(f"at most {LONGEST_VALUE} characters, as AWS takes no more for a job's variable", fix)


def _is_recorded(value: str) -> Requirement | None:
    if _RECORDED.fullmatch(value):
        return None
    expected = f"1 to {LONGEST_VALUE} letters, digits, blanks and _.:/=+@-: AWS records no other with a version"
    return Requirement(expected, "choose such a text")


def _is_schedule(schedule: str) -> Requirement | None:
    problem = scheduler.problem_of(schedule)
    return None if problem is None else Requirement(f"five cron fields, in UTC ({problem})", "correct the schedule")
