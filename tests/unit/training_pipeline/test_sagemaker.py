import json
from typing import Any

import pulumi
import pytest

from flight_delay.graph import GRAPH
from pulumi_mlops._shared.arguments import ArgumentsError
from pulumi_mlops.training_pipeline.args import ModelApproval
from pulumi_mlops.training_pipeline.sagemaker.component import SageMakerTrainingPipeline
from tests import sagemaker_documents, sagemaker_shapes
from tests.recording import declare
from tests.unit.training_pipeline.plans import ACCOUNT, IMAGE, step
from tests.unit.training_pipeline.sagemaker_pipelines import (
    AWS_NAME,
    COMPONENT,
    EVERYTHING,
    NAME,
    SAGEMAKER,
    arguments,
    changed_graph,
    definition,
    pipeline,
    policy,
    text,
)


def test_declares_exactly_these_children() -> None:
    declaration = pipeline(schedule="0 4 * * 1")
    roles = [f"{NAME}-{role}" for role in ("execution", "jobs", "schedule")]
    assert declaration.children() == [
        *(("aws:iam/role:Role", role, COMPONENT) for role in roles),
        *(("aws:iam/rolePolicy:RolePolicy", role, COMPONENT) for role in roles),
        ("aws:sagemaker/pipeline:Pipeline", NAME, COMPONENT),
        ("aws:scheduler/schedule:Schedule", NAME, COMPONENT),
        ("mlops:index:SageMakerTrainingPipeline", NAME, ""),
    ]
    assert declaration.result == AWS_NAME


def test_without_a_schedule_nothing_starts_it() -> None:
    declaration = pipeline()
    assert not {"Schedule"} & declaration.kinds()
    roles = sorted(name for kind, name, _ in declaration.children() if kind == "aws:iam/role:Role")
    assert roles == [f"{NAME}-execution", f"{NAME}-jobs"]


@pytest.mark.parametrize("changes", [{}, EVERYTHING, {"approval": "Approved"}, {"cache_days": 30, "retry_attempts": 0}])
def test_has_the_form_that_aws_asks_for(changes: dict[str, Any]) -> None:
    declaration = pipeline(**changes)
    assert sagemaker_documents.problems(json.loads(text(declaration))) == []
    inputs = declaration.one("Pipeline").inputs
    request = {key[0].upper() + key[1:]: value for key, value in inputs.items() if key != "tags"}
    request["ClientRequestToken"] = "0" * 32
    assert sagemaker_shapes.problems(sagemaker_shapes.request_shape("CreatePipeline"), request, "") == []


def test_the_same_arguments_give_the_same_bytes() -> None:
    assert text(pipeline(**EVERYTHING)) == text(pipeline(**dict(reversed(list(EVERYTHING.items())))))


def test_every_step_of_the_graph_is_there() -> None:
    steps = [each for each, _ in sagemaker_documents.every_step(definition())]
    assert [(each["Name"], each["Type"]) for each in steps] == [
        *((name, "Processing") for name in ("ingest", "validate", "features")),
        ("train", "Training"),
        ("evaluate", "Processing"),
        ("evaluate-gate", "Condition"),
        ("register", "RegisterModel"),
    ]


def test_parameters_have_the_values_that_were_given() -> None:
    parameters = {each["Name"]: each["DefaultValue"] for each in definition(**EVERYTHING)["Parameters"]}
    defaults = {name: schema["default"] for name, schema in arguments()["graph"]["parameters"].items()}
    assert parameters == {**defaults, "horizon_days": 7, "learning_rate": 1.0, "train_from": "2013-02"}


def test_whole_numbers_stay_whole_on_their_way_through_other_languages() -> None:
    graph = GRAPH.to_document()
    parameters: Any = graph["parameters"]
    through = {name: {**each, "default": _through(each["default"])} for name, each in parameters.items()}
    changes: dict[str, Any] = {"parameters": {"horizon_days": 7.0}, "workspace_gib": 2.0, "cache_days": 1.0}
    declared = text(pipeline(**changes, graph={**graph, "parameters": through}))
    assert declared == text(pipeline(parameters={"horizon_days": 7}, workspace_gib=2, cache_days=1))


def _through(value: Any) -> Any:
    return float(value) if isinstance(value, int) else value


def test_values_may_be_outputs() -> None:
    awaited = ("image", "serving_image", "environment", "bucket_name", "model_package_group", "kms_key_arn")
    known = {**EVERYTHING, **SAGEMAKER, "image": IMAGE, "environment": "dev"}

    def program() -> None:
        given = {key: pulumi.Output.from_input(known[key]) for key in awaited}
        parameters = {**EVERYTHING["parameters"], "horizon_days": pulumi.Output.from_input(7)}
        changes = {
            **EVERYTHING,
            **given,
            "parameters": parameters,
            "subnet_ids": [pulumi.Output.from_input("subnet-0a1b2c3d")],
        }
        SageMakerTrainingPipeline(NAME, arguments(**changes))

    later, known_now = declare(program), pipeline(**EVERYTHING)
    assert text(later) == text(known_now)
    for role in ("jobs", "execution"):
        assert _unordered(policy(later, role)) == _unordered(policy(known_now, role))


def _unordered(statements: dict[str, Any]) -> dict[str, Any]:
    """Statements whose resources are in no order: those that are awaited cannot be sorted beforehand."""
    return {name: {**each, "Resource": sorted(each["Resource"])} for name, each in statements.items()}


def test_fails_when_an_output_turns_out_wrong() -> None:
    def program() -> None:
        SageMakerTrainingPipeline(NAME, arguments(image=pulumi.Output.from_input("pipeline:latest")))

    # Whichever asks for it first raises it: the output itself, or Pulumi in an error of its own that holds the text.
    with pytest.raises(ValueError, match="image: got 'pipeline:latest', expected an image in ECR") as caught:
        declare(program)
    error: BaseException | None = caught.value
    while error is not None and not isinstance(error, ArgumentsError):
        error = error.__context__
    assert isinstance(error, ArgumentsError)


def test_steps_run_on_the_machines_that_they_were_given() -> None:
    document = definition(**EVERYTHING)
    cluster = {
        name: step(document, name)["Arguments"]["ProcessingResources"]["ClusterConfig"]
        for name in ("ingest", "features", "evaluate")
    }
    assert {name: each["InstanceType"] for name, each in cluster.items()} == {
        "ingest": "ml.m5.large",
        "features": "ml.m5.xlarge",
        "evaluate": "ml.m5.large",
    }
    train = step(document, "train")["Arguments"]
    assert (train["ResourceConfig"]["InstanceType"], train["ResourceConfig"]["VolumeSizeInGB"]) == ("ml.m5.4xlarge", 10)
    assert train["StoppingCondition"] == {"MaxRuntimeInSeconds": 600}


def test_a_version_waits_for_a_person_unless_told_otherwise() -> None:
    def approval(**changes: Any) -> Any:
        return step(definition(**changes), "register")["Arguments"]["ModelApprovalStatus"]

    assert approval() == "PendingManualApproval"
    assert approval(approval=ModelApproval.APPROVED) == "Approved"


def test_a_graph_that_registers_nothing_needs_no_gate_and_no_right_to_register() -> None:
    graph = GRAPH.to_document()
    some: Any = graph["steps"]
    alone = {**graph, "steps": some[:3]}
    declaration = pipeline(graph=alone)
    assert [each["Type"] for each in json.loads(text(declaration))["Steps"]] == ["Processing"] * 3
    assert sorted(policy(declaration, "execution")) == ["PassRole", "RunJobs"]
    assert "sagemaker:CreateTrainingJob" not in policy(declaration, "execution")["RunJobs"]["Action"]


def test_the_last_step_that_knows_the_model_decides_where_no_gate_does() -> None:
    document = definition(graph=changed_graph(evaluate={"is_gate": False}))
    assert step(document, "evaluate-gate")["Arguments"]["Conditions"][0]["RightValue"] == "false"
    assert sagemaker_documents.problems(document) == []


def test_the_code_of_a_step_can_neither_start_jobs_nor_register_a_model() -> None:
    actions = {action for each in policy(pipeline(**EVERYTHING), "jobs").values() for action in each["Action"]}
    assert {action.split(":")[0] for action in actions} == {"s3", "ecr", "logs", "cloudwatch", "kms", "ec2"}


def test_the_pipeline_waits_for_the_rights_and_the_schedule_for_the_pipeline() -> None:
    declaration = pipeline(schedule="0 4 * * 1")
    rights = {f"aws:iam/rolePolicy:RolePolicy::{NAME}-{role}" for role in ("jobs", "execution")}
    assert rights <= declaration.one("Pipeline").depends_on
    schedule = declaration.one("Schedule").depends_on
    assert {f"aws:sagemaker/pipeline:Pipeline::{NAME}", f"aws:iam/rolePolicy:RolePolicy::{NAME}-schedule"} <= schedule


def test_runs_on_its_schedule_in_utc_and_may_do_only_that() -> None:
    declaration = pipeline(schedule="0 4 * * 1")
    inputs = declaration.one("Schedule").inputs
    assert inputs["scheduleExpression"] == "cron(0 4 ? * MON *)"
    assert (inputs["scheduleExpressionTimezone"], inputs["flexibleTimeWindow"]) == ("UTC", {"mode": "OFF"})
    arn = f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:pipeline/{AWS_NAME}"
    assert inputs["target"]["arn"] == arn
    assert inputs["target"]["roleArn"] == f"arn:aws:iam::{ACCOUNT}:role/{AWS_NAME}-schedule"
    (statement,) = policy(declaration, "schedule").values()
    assert (statement["Action"], statement["Resource"]) == (["sagemaker:StartPipelineExecution"], [arn])


def test_everything_that_takes_tags_has_them() -> None:
    declaration = pipeline(**EVERYTHING)
    expected = {
        "owner": "team-flights",
        "mlops:component": "training-pipeline",
        "mlops:managed-by": "pulumi",
        "mlops:workload": "flight-delay",
    }
    for resource in declaration.resources:
        if resource.type in ("aws:iam/role:Role", "aws:sagemaker/pipeline:Pipeline"):
            assert resource.inputs["tags"] == expected
    tags = step(json.loads(text(declaration)), "train")["Arguments"]["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in tags} == expected
