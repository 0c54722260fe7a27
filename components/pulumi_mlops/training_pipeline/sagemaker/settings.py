"""Checks the arguments of a training pipeline on SageMaker and fills in the defaults."""

import re
from collections.abc import Mapping
from typing import Any

from pulumi_mlops._shared import names, values
from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.aws import schedules
from pulumi_mlops._shared.aws import values as aws_values
from pulumi_mlops._shared.aws.instance_disks import disk_gb
from pulumi_mlops._shared.aws.instance_types import InstanceUse
from pulumi_mlops._shared.aws.roles import LONGEST_ROLE_NAME, LONGEST_ROLE_POLICIES, policies_length
from pulumi_mlops._shared.aws.settings import CommonSettings, read_common, read_network, resource_name
from pulumi_mlops._shared.aws.tags import component_tags
from pulumi_mlops._shared.problems import Requirement
from pulumi_mlops.training_pipeline import settings as neutral
from pulumi_mlops.training_pipeline.args import ModelApproval, SageMakerTrainingPipelineArgs
from pulumi_mlops.training_pipeline.sagemaker import limits, roles
from pulumi_mlops.training_pipeline.sagemaker import steps as graph_steps
from pulumi_mlops.training_pipeline.sagemaker.definition import ParameterPlan, StepKind, StepPlan
from pulumi_mlops.training_pipeline.sagemaker.resolved import SageMakerPipelineSettings

COMPONENT = names.TRAINING_PIPELINE
# The longest name that is made of the pipeline's: of the role that SageMaker takes on for it.
LONGEST_NAME = LONGEST_ROLE_NAME - len("-execution")
# What AWS takes as the value of a variable, and of what is recorded with a version.
LONGEST_VALUE = 256
_RECORDED = re.compile(rf"[A-Za-z0-9 _.:/=+@-]{{1,{LONGEST_VALUE}}}")


def resolve(name: str, args: SageMakerTrainingPipelineArgs) -> SageMakerPipelineSettings:
    """Check the arguments and fill in the defaults.

    Raises:
        ArgumentsError: With every problem of the plain values. Outputs are checked where they are used.
    """
    arguments = Arguments("SageMakerTrainingPipeline", name, args, SageMakerTrainingPipelineArgs)
    read = arguments.read
    everywhere, graph = neutral.read_neutral(arguments, name, LONGEST_NAME)
    _check_graph(arguments, graph)
    _check_neutral(arguments, everywhere)
    common, network = read_common(arguments), read_network(arguments)
    subnets, groups = (network.subnet_ids, network.security_group_ids) if network else ([], [])
    data = arguments.items("sagemaker.data_s3_uris", values.s3_uri)
    tags = component_tags(common.tags, COMPONENT, workload=everywhere.workload)
    settings = SageMakerPipelineSettings(
        **vars(everywhere),
        aws_name=resource_name(arguments, common, name, longest=LONGEST_NAME),
        account=common.account,
        steps=_steps(arguments, graph, common),
        result_step=graph_steps.result_step(graph["steps"]),
        parameters=_parameters(graph),
        cache_days=arguments.number("sagemaker.cache_days", limits.CACHE_DAYS),
        retry_attempts=arguments.number("sagemaker.retry_attempts", limits.RETRY_ATTEMPTS),
        spot_wait_seconds=_spot_wait_seconds(arguments, everywhere.run_timeout_seconds),
        approval=ModelApproval(read("sagemaker.approval", None, ModelApproval.PENDING)).value,
        has_network=bool(subnets or data),
        subnet_ids=subnets,
        security_group_ids=groups,
        data_s3_uris=data,
        data_kms_key_arns=arguments.items("sagemaker.data_kms_key_arns", common.kms_key),
        permissions_boundary_arn=common.permissions_boundary_arn,
        tags=tags,
        later={
            **_later(arguments, graph, common),
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


def _check_neutral(arguments: Arguments, everywhere: neutral.NeutralPipelineSettings) -> None:
    """Refuse what is right elsewhere, and what SageMaker cannot record or EventBridge Scheduler not express."""
    if everywhere.gate is not None and arguments.sound("gate"):
        arguments.check("gate.metric", everywhere.gate["metric"], _is_recorded)
    if everywhere.schedule is not None and arguments.sound("schedule"):
        arguments.check("schedule", everywhere.schedule, schedules.has_expression)


def _steps(arguments: Arguments, graph: Mapping[str, Any], common: CommonSettings) -> list[StepPlan]:
    given: Mapping[str, str] = arguments.read("sagemaker.instance_types", None, {})
    jobs = [step["name"] for step in graph["steps"] if graph_steps.kind_of(step) is not StepKind.REGISTRATION]
    for name in given:
        if jobs and name not in jobs:
            path = f"sagemaker.instance_types.{name}"
            arguments.add_unknown_key(path, f"one of the jobs {', '.join(jobs)}")
    machines = {
        StepKind.PROCESSING: _machine(arguments, "processing_instance_type", InstanceUse.PROCESSING, common),
        StepKind.TRAINING: _machine(arguments, "training_instance_type", InstanceUse.TRAINING, common),
        StepKind.REGISTRATION: "",
    }
    return [_step(arguments, step, machines, common) for step in graph["steps"]]


def _step(
    arguments: Arguments, step: Mapping[str, Any], machines: Mapping[StepKind, str], common: CommonSettings
) -> StepPlan:
    name, kind = step["name"], graph_steps.kind_of(step)
    use = InstanceUse.TRAINING if kind is StepKind.TRAINING else InstanceUse.PROCESSING
    machine = machines[kind]
    if machine:
        machine = _machine(arguments, f"instance_types.{name}", use, common, machine)
    return StepPlan(name, kind, graph_steps.after(step), machine, step.get("description") or "")


_DEFAULT_MACHINES = {
    InstanceUse.PROCESSING: limits.DEFAULT_PROCESSING_INSTANCE_TYPE,
    InstanceUse.TRAINING: limits.DEFAULT_TRAINING_INSTANCE_TYPE,
}


def _machine(
    arguments: Arguments, key: str, use: InstanceUse, common: CommonSettings, default: str | None = None
) -> str:
    machine: str = arguments.read(f"sagemaker.{key}", common.instance_type(use), default or _DEFAULT_MACHINES[use])
    return machine


def _parameters(graph: Mapping[str, Any]) -> dict[str, ParameterPlan]:
    return {
        name: ParameterPlan(
            schema["type"], neutral.as_kind(schema["type"], schema["default"]), tuple(schema.get("enum") or ())
        )
        for name, schema in graph["parameters"].items()
    }


def _later(arguments: Arguments, graph: Mapping[str, Any], common: CommonSettings) -> dict[str, Any]:
    read = arguments.read
    given = neutral.parameters(arguments, graph)
    return {
        "image": read("image", common.ecr_image),
        "serving_image": read("sagemaker.serving_image", common.ecr_image),
        "environment": read("environment", values.namespace),
        "bucket": read("sagemaker.bucket_name", aws_values.bucket_name),
        "model_data_bucket": read("sagemaker.model_data_bucket", aws_values.bucket_name, read("sagemaker.bucket_name")),
        "model_package_group": read("sagemaker.model_package_group", aws_values.model_package_group),
        "champion": neutral.champion(arguments),
        "model_data_kms_key_arn": read("sagemaker.model_data_kms_key_arn", common.kms_key),
        "values": {key: _short(arguments, key, value) for key, value in given.items()},
    }


def _spot_wait_seconds(arguments: Arguments, run_timeout_seconds: int) -> int | None:
    """Take how long a training job on spare capacity may take, waiting included."""
    path = "sagemaker.spot.max_wait_seconds"
    given = arguments.read(path, limits.SPOT_WAIT_SECONDS)
    if given is None:
        return None
    if given < run_timeout_seconds and arguments.sound("run_timeout_seconds"):
        # API_StoppingCondition, MaxWaitTimeInSeconds.
        expected = f"at least run_timeout_seconds ({run_timeout_seconds}), which is part of it"
        arguments.add(path, int(given), expected, "raise it, or lower run_timeout_seconds")
    days = arguments.number("sagemaker.cache_days", limits.CACHE_DAYS)
    if days:
        # pipelines-default-keys: CheckpointConfig is among what a training step is recognised by.
        expected = (
            f"nothing beside cache_days ({days}): each run has its own checkpoints, so no training would be reused"
        )
        arguments.add("sagemaker.spot", {"max_wait_seconds": int(given)}, expected, "remove one of the two")
    return int(given)


def _check_disks(arguments: Arguments, settings: SageMakerPipelineSettings) -> None:
    """Refuse a volume that is larger than the disks of an instance which has no other.

    botocore, ProcessingClusterConfig.VolumeSizeInGB: "You can't request a VolumeSizeInGB greater than the total size of
    the local instance storage." A training job has all of those disks, whatever it asks for.
    """
    for step in settings.steps:
        size = disk_gb(step.instance_type)
        if step.kind is StepKind.PROCESSING and size is not None and settings.workspace_gib > size:
            expected = (
                f"at most {size}, as step {step.name} on {step.instance_type} has the disks of its instance alone"
            )
            fix = "lower it, or choose an instance type without disks of its own"
            arguments.add("workspace_gib", settings.workspace_gib, expected, fix)


def _check_role(arguments: Arguments, settings: SageMakerPipelineSettings) -> None:
    """Refuse more places than the jobs' policy has room for."""
    length = policies_length(roles.jobs_role(settings))
    if length is not None and length > LONGEST_ROLE_POLICIES:
        got = f"{len(settings.data_s3_uris)} locations, a policy of {length} characters for the jobs"
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
