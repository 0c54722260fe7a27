"""The step whose output is the model."""

from pulumi_mlops._shared.documents import Document, without_none
from pulumi_mlops.training_pipeline.sagemaker.definition import folders, jobs
from pulumi_mlops.training_pipeline.sagemaker.definition.plan import PipelinePlan, StepPlan

ENTRYPOINT = ("python", "-m", "mlops_runtime.sagemaker.training")


def training_step(plan: PipelinePlan, step: StepPlan) -> Document:
    """Compile the training step."""
    arguments = {
        "AlgorithmSpecification": {
            "TrainingImage": plan.image,
            "TrainingInputMode": "File",
            "ContainerEntrypoint": list(ENTRYPOINT),
        },
        "HyperParameters": {"graph": plan.graph_reference, "step": step.name},
        "InputDataConfig": [_channel(plan, name) for name in step.after] or None,
        # A result like any other, which is deleted after a while: what is registered lies under its digest.
        "OutputDataConfig": without_none(
            {"S3OutputPath": folders.output_of_run(plan, step.name), "KmsKeyId": plan.kms_key_arn}
        ),
        "ResourceConfig": jobs.resources(plan, step),
        "Environment": jobs.environment(plan),
        "EnableNetworkIsolation": plan.is_isolated,
        "VpcConfig": jobs.vpc(plan),
        "StoppingCondition": jobs.stopping_condition(plan),
        **_spot(plan, step),
        # The profiler would put files of its own beside the model.
        "ProfilerConfig": {"DisableProfiler": True},
    }
    return jobs.step(plan, step, arguments)


def _spot(plan: PipelinePlan, step: StepPlan) -> Document:
    """Return how the job runs on spare capacity, if it does.

    What it has written when AWS takes the capacity back is there again when it starts anew.
    https://docs.aws.amazon.com/sagemaker/latest/dg/model-managed-spot-training.html
    """
    if plan.spot_wait_seconds is None:
        return {}
    checkpoints = {"S3Uri": folders.checkpoints_of_run(plan, step.name), "LocalPath": folders.CHECKPOINT_FOLDER}
    stopping = {**jobs.stopping_condition(plan), "MaxWaitTimeInSeconds": plan.spot_wait_seconds}
    return {"EnableManagedSpotTraining": True, "CheckpointConfig": checkpoints, "StoppingCondition": stopping}


def _channel(plan: PipelinePlan, name: str) -> Document:
    source = {
        "S3DataType": "S3Prefix",
        "S3Uri": folders.input_from(plan, name),
        "S3DataDistributionType": "FullyReplicated",
    }
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}
