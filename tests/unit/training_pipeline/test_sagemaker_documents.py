"""The checks of pipeline definitions find what is planted."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests import sagemaker_documents
from tests.unit.training_pipeline.plans import FULL, definition, step

GATE_FILE = {"Get": "Steps.evaluate.PropertyFiles.result"}


def arguments(document: Any, name: str) -> Any:
    return step(document, name)["Arguments"]


def condition(document: Any) -> Any:
    return arguments(document, "evaluate-gate")["Conditions"][0]


def _plant(change: Callable[[Any], object]) -> list[str]:
    document = copy.deepcopy(definition(**FULL))
    change(document)
    return sagemaker_documents.problems(document)


PLANTED: dict[str, tuple[Callable[[Any], object], str]] = {
    # Requests.
    "unknown key": (
        lambda d: arguments(d, "train").update(TrainingJobArn="x"),
        'train.Arguments: Unknown parameter in input: "TrainingJobArn"',
    ),
    "unknown key, deep": (
        lambda d: arguments(d, "ingest")["ProcessingResources"]["ClusterConfig"].update(Disk=1),
        "Unknown parameter in ProcessingResources.ClusterConfig",
    ),
    "missing key": (
        lambda d: arguments(d, "train").pop("OutputDataConfig"),
        'Missing required parameter in input: "OutputDataConfig"',
    ),
    "missing key, deep": (
        lambda d: arguments(d, "ingest")["AppSpecification"].pop("ImageUri"),
        'Missing required parameter in AppSpecification: "ImageUri"',
    ),
    "no role": (lambda d: arguments(d, "ingest").pop("RoleArn"), 'parameter in input: "RoleArn"'),
    "text for a number": (
        lambda d: arguments(d, "train")["ResourceConfig"].update(VolumeSizeInGB="2"),
        "Invalid type for parameter ResourceConfig.VolumeSizeInGB",
    ),
    "a number for text": (
        lambda d: arguments(d, "train")["Environment"].update(COUNT=3),
        "Invalid type for parameter Environment.COUNT",
    ),
    "a machine that there is not": (
        lambda d: arguments(d, "train")["ResourceConfig"].update(InstanceType="ml.m5.huge"),
        "train.Arguments.ResourceConfig.InstanceType: 'ml.m5.huge' is none of the values of TrainingInstanceType",
    ),
    "too little time": (
        lambda d: arguments(d, "ingest")["StoppingCondition"].update(MaxRuntimeInSeconds=0),
        "Invalid value for parameter StoppingCondition.MaxRuntimeInSeconds",
    ),
    "too much time": (
        lambda d: arguments(d, "ingest")["StoppingCondition"].update(MaxRuntimeInSeconds=777601),
        "MaxRuntimeInSeconds: 777601 is more than 777600",
    ),
    "a wait on demand": (
        lambda d: arguments(d, "train")["StoppingCondition"].update(MaxWaitTimeInSeconds=7200),
        "train.Arguments.StoppingCondition: a job on demand does not wait",
    ),
    "a spot job that does not wait": (
        lambda d: arguments(d, "train").update(EnableManagedSpotTraining=True),
        "train.Arguments.StoppingCondition: a spot job that may run 3600 seconds waits None",
    ),
    "checkpoints beside a cache": (
        lambda d: arguments(d, "train").update(CheckpointConfig={"S3Uri": "s3://runs/checkpoints"}),
        "train.CacheConfig: with a CheckpointConfig of its execution the step is never reused",
    ),
    "a variable too long": (
        lambda d: arguments(d, "ingest")["Environment"].update(LONG="x" * 257),
        "Environment.LONG: 257 characters are more than 256",
    ),
    "too many inputs": (
        lambda d: arguments(d, "evaluate")["ProcessingInputs"].extend(arguments(d, "evaluate")["ProcessingInputs"] * 3),
        "ProcessingInputs: 12 items are more than 10",
    ),
    "metadata that AWS takes no such characters for": (
        lambda d: arguments(d, "register")["CustomerMetadataProperties"].update(parameters='{"rate":1}'),
        "CustomerMetadataProperties.parameters: '{\"rate\":1}' is not of the form",
    ),
    "an approval that there is not": (
        lambda d: arguments(d, "register").update(ModelApprovalStatus="Maybe"),
        "'Maybe' is none of the values of ModelApprovalStatus",
    ),
    "a version's tags": (
        lambda d: arguments(d, "register").update(Tags=[{"Key": "a", "Value": "b"}]),
        "register.Arguments.Tags: a version has the tags of its group",
    ),
    # References.
    "a reference to no step": (
        lambda d: arguments(d, "register")["InferenceSpecification"]["Containers"][0].update(
            ModelDataUrl={"Get": "Steps.fit.ModelArtifacts.S3ModelArtifacts"}
        ),
        "Steps.fit.ModelArtifacts.S3ModelArtifacts: there is no step fit",
    ),
    "a reference to no property": (
        lambda d: arguments(d, "register")["InferenceSpecification"]["Containers"][0].update(
            ModelDataUrl={"Get": "Steps.train.ModelArtifacts.Url"}
        ),
        "Steps.train.ModelArtifacts.Url: ModelArtifacts has no Url",
    ),
    "a reference to no output": (
        lambda d: arguments(d, "evaluate")["ProcessingInputs"][0]["S3Input"].update(
            S3Uri={"Get": "Steps.ingest.ProcessingOutputConfig.Outputs['rows'].S3Output.S3Uri"}
        ),
        "step ingest has no output rows",
    ),
    "a reference to more than a value": (
        lambda d: arguments(d, "evaluate")["ProcessingInputs"][0]["S3Input"].update(
            S3Uri={"Get": "Steps.ingest.ProcessingOutputConfig"}
        ),
        "ProcessingOutputConfig is not a single value",
    ),
    "a reference to a condition": (
        lambda d: arguments(d, "register").update(ModelPackageDescription={"Get": "Steps.evaluate-gate.Outcome"}),
        "a step of type Condition has no properties",
    ),
    "a reference to no parameter": (
        lambda d: arguments(d, "train")["HyperParameters"].update(rate={"Get": "Parameters.speed"}),
        "Parameters.speed: there is no such parameter or variable",
    ),
    "a reference to no variable": (
        lambda d: arguments(d, "train")["HyperParameters"].update(run={"Get": "Execution.Id"}),
        "Execution.Id: there is no such parameter or variable",
    ),
    "a parameter of another type": (
        lambda d: arguments(d, "train")["HyperParameters"].update(rate={"Get": "Parameters.rate"}),
        "HyperParameters.rate: {'Get': 'Parameters.rate'} is a number, and text is expected: join it",
    ),
    "text for a number, later": (
        lambda d: arguments(d, "train")["ResourceConfig"].update(InstanceCount={"Get": "Parameters.month"}),
        "is text, and integer is expected",
    ),
    "a join of something else": (
        lambda d: arguments(d, "train")["HyperParameters"].update(rate={"Std:Join": {"Values": ["a"]}}),
        "expected On and Values",
    ),
    "a join of a list": (
        lambda d: arguments(d, "train")["HyperParameters"].update(rate={"Std:Join": {"On": "", "Values": [["a"]]}}),
        "['a'] is not a single value",
    ),
    # Property files.
    "a file of no output": (
        lambda d: step(d, "evaluate")["PropertyFiles"][0].update(OutputName="report"),
        "evaluate.PropertyFiles: report is no output of the step",
    ),
    "a file without a path": (
        lambda d: step(d, "evaluate")["PropertyFiles"][0].pop("FilePath"),
        "lacks a name, an output, or a path within it",
    ),
    "a file of a training step": (
        lambda d: step(d, "train").update(PropertyFiles=[]),
        "train.PropertyFiles: a step of type Training has no such key",
    ),
    "a file that no step leaves": (
        lambda d: step(d, "evaluate").pop("PropertyFiles"),
        "step evaluate has no property file result",
    ),
    "a path in no file": (
        lambda d: condition(d)["LeftValue"].update({"Std:JsonGet": {"PropertyFile": GATE_FILE, "Path": ""}}),
        "expected PropertyFile and Path",
    ),
    "a file of no step": (
        lambda d: condition(d)["LeftValue"]["Std:JsonGet"].update(
            PropertyFile={"Get": "Steps.judge.PropertyFiles.result"}
        ),
        "Steps.judge.PropertyFiles.result: there is no such step",
    ),
    # Conditions.
    "no condition": (lambda d: arguments(d, "evaluate-gate").update(Conditions=[]), "Conditions: there is none"),
    "a condition on nothing": (
        lambda d: arguments(d, "evaluate-gate").update(IfSteps=[]),
        "nothing depends on the condition",
    ),
    "a condition without its other branch": (
        lambda d: arguments(d, "evaluate-gate").pop("ElseSteps"),
        "Conditions, IfSteps are not Conditions, IfSteps and ElseSteps",
    ),
    "no such comparison": (lambda d: condition(d).update(Type="Is"), "'Is' is no condition that is known here"),
    "half a comparison": (lambda d: condition(d).pop("RightValue"), "are not Type, LeftValue and RightValue"),
    "an outcome known beforehand": (
        lambda d: condition(d).update(LeftValue="false"),
        "its outcome is known beforehand",
    ),
    "text that is compared as a number": (
        lambda d: condition(d).update(Type="LessThan"),
        "'false' cannot be compared as a number",
    ),
    "a list that is compared": (lambda d: condition(d).update(RightValue=["false"]), "is not a single value"),
    "a condition under a condition": (
        lambda d: arguments(d, "evaluate-gate")["IfSteps"].append(
            copy.deepcopy({**step(d, "evaluate-gate"), "Name": "inner"})
        ),
        "inner: a condition cannot stand under another",
    ),
    # Steps and their order.
    "a step twice": (lambda d: d["Steps"].append(step(d, "ingest")), "step ingest is there twice"),
    "a step that is there again under the condition": (
        lambda d: arguments(d, "evaluate-gate")["ElseSteps"].append(step(d, "register")),
        "step register is there twice",
    ),
    "a name that is none": (lambda d: step(d, "ingest").update(Name="in gest"), "in gest: is no name of a step"),
    "a type that is not known": (lambda d: step(d, "ingest").update(Type="Job"), "'Job' is no type of step"),
    "a key of a step": (lambda d: step(d, "ingest").update(After=[]), "ingest.After: a step of type Processing"),
    "waiting for no step": (
        lambda d: step(d, "ingest").update(DependsOn=["download"]),
        "ingest.DependsOn: there is no step download",
    ),
    "waiting in a circle": (
        lambda d: step(d, "ingest").update(DependsOn=["evaluate"]),
        "Steps: each waits for the next",
    ),
    "waiting for itself": (
        lambda d: step(d, "ingest").update(DependsOn=["ingest"]),
        "each waits for the next: ingest -> ingest",
    ),
    "waiting for what may not run": (
        lambda d: step(d, "ingest").update(DependsOn=["register"]),
        "ingest: step register stands under condition evaluate-gate and may not have run",
    ),
    # Reuse and repetition.
    "a duration that is none": (
        lambda d: step(d, "ingest")["CacheConfig"].update(ExpireAfter="30 days"),
        "'30 days' is no duration",
    ),
    "reuse without an end": (
        lambda d: step(d, "ingest")["CacheConfig"].pop("ExpireAfter"),
        "is not Enabled and ExpireAfter",
    ),
    "reuse of the registration": (
        lambda d: step(d, "register").update(CacheConfig={"Enabled": True, "ExpireAfter": "P1D"}),
        "register.CacheConfig: a step of type RegisterModel has no such key",
    ),
    "reuse that never happens": (
        lambda d: arguments(d, "train")["Environment"].update(RUN={"Get": "Execution.PipelineExecutionId"}),
        "train.CacheConfig: the step is never reused, as it knows its execution",
    ),
    "a fault that there is not": (
        lambda d: step(d, "ingest")["RetryPolicies"][0].update(ExceptionType=["Step.BAD_LUCK"]),
        "['Step.BAD_LUCK'] are not among",
    ),
    "a fault twice": (
        lambda d: step(d, "ingest")["RetryPolicies"].append(step(d, "ingest")["RetryPolicies"][0]),
        "fault Step.SERVICE_FAULT is there twice",
    ),
    "too many attempts": (
        lambda d: step(d, "ingest")["RetryPolicies"][0].update(MaxAttempts=21),
        "21 is not between 1 and 20",
    ),
    "two ends of the attempts": (
        lambda d: step(d, "ingest")["RetryPolicies"][0].update(ExpireAfterMin=5),
        "expected one of MaxAttempts and ExpireAfterMin",
    ),
    "pauses that shrink": (
        lambda d: step(d, "ingest")["RetryPolicies"][0].update(BackoffRate=0.5),
        "the pauses shrink",
    ),
    "a policy's unknown key": (
        lambda d: step(d, "ingest")["RetryPolicies"][0].update(Jitter=True),
        "has an unknown key",
    ),
    # Parameters and the whole.
    "a parameter twice": (lambda d: d["Parameters"].append(d["Parameters"][0]), "horizon_days is there twice"),
    "a parameter's unknown key": (lambda d: d["Parameters"][0].update(Max=9), "Max is an unknown key"),
    "a parameter's name": (lambda d: d["Parameters"][0].update(Name="horizon days"), "is no name"),
    "a parameter's type": (lambda d: d["Parameters"][0].update(Type="Number"), "'Number' is none of the types"),
    "a default of another type": (
        lambda d: d["Parameters"][0].update(DefaultValue=28.5),
        "Parameters[0]: 28.5 is not a whole number",
    ),
    "true for a whole number": (lambda d: d["Parameters"][0].update(DefaultValue=True), "True is not a whole number"),
    "a default that is no choice": (
        lambda d: d["Parameters"][2].update(DefaultValue="may"),
        "do not go with String 'may'",
    ),
    "another version": (lambda d: d.update(Version="2021"), "Version: '2021' is not 2020-12-01"),
    "an unknown key of the whole": (lambda d: d.update(Role="x"), "Role: an unknown key"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_fails_with(name: str) -> None:
    change, text = PLANTED[name]
    assert any(text in problem for problem in _plant(change)), _plant(change)


def test_nothing_is_wrong_where_nothing_is_planted() -> None:
    assert _plant(lambda _: None) == []


def test_everything_is_told_at_once() -> None:
    def change(document: Any) -> None:
        arguments(document, "train").pop("OutputDataConfig")
        document["Parameters"][0].update(Type="Number")
        condition(document).update(Type="Is")

    assert len(_plant(change)) >= 3
