import json
from typing import Any

import pulumi
import pytest

from flight_delay.graph import GRAPH
from pulumi_mlops._shared.arguments import ArgumentsError
from pulumi_mlops.training_pipeline.args import ModelApproval, SageMakerTrainingPipelineArgs
from pulumi_mlops.training_pipeline.sagemaker import SageMakerTrainingPipeline
from tests import sagemaker_documents, sagemaker_shapes
from tests.recording import Declaration, declare
from tests.unit.training_pipeline.plans import ACCOUNT, CHAMPION_URL, DIGEST, IMAGE, KEY, SERVING_IMAGE, step

NAME = "flight-delay-pipeline"
AWS_NAME = f"flights-dev-{NAME}"
COMPONENT = f"mlops:index:SageMakerTrainingPipeline::{NAME}"
BUCKET = f"flights-dev-{ACCOUNT}-eu-west-1"
STEPS = ["ingest", "validate", "features", "train", "evaluate", "register"]
SAGEMAKER = {
    "account_id": ACCOUNT,
    "region": "eu-west-1",
    "namespace": "flights-dev",
    "bucket_name": BUCKET,
    "model_package_group": "flights-dev-flight-delay",
    "serving_image": SERVING_IMAGE,
}
NETWORK = {"subnet_ids": ["subnet-0a1b2c3d"], "security_group_ids": ["sg-0a1b2c3d"]}
EVERYTHING: dict[str, Any] = {
    "schedule": "0 4 * * 1",
    "parameters": {"horizon_days": 7, "learning_rate": 1, "train_from": "2013-02"},
    "gate": {"metric": "mae_minutes", "max": 13.0},
    "champion": {"version": "7", "digest": DIGEST},
    "workspace_gib": 10,
    "run_timeout_seconds": 600,
    "tags": {"owner": "team-flights"},
    "champion_model_data_url": CHAMPION_URL,
    "instance_types": {"train": "ml.m5.4xlarge", "features": "ml.m5.xlarge"},
    "cache_days": 7,
    "data_s3_uris": ["s3://flights-raw/2013/", "s3://weather"],
    "permissions_boundary_arn": f"arn:aws:iam::{ACCOUNT}:policy/boundary",
    "kms_key_arn": KEY,
    **NETWORK,
}


def arguments(**changes: Any) -> SageMakerTrainingPipelineArgs:
    """Arguments with some changed; those that SageMaker alone has may stand beside the others."""
    own = SageMakerTrainingPipelineArgs.__annotations__
    there = {key: value for key, value in changes.items() if key not in own}
    args: Any = {
        "graph": GRAPH.to_document(),
        "image": IMAGE,
        "environment": "dev",
        "model_name": "flight-delay",
        "sagemaker": {**SAGEMAKER, **there},
        **{key: value for key, value in changes.items() if key in own},
    }
    checked: SageMakerTrainingPipelineArgs = args
    return checked


def pipeline(**changes: Any) -> Declaration:
    return declare(lambda: SageMakerTrainingPipeline(NAME, arguments(**changes)).pipeline_name)


def text(declaration: Declaration) -> str:
    definition = declaration.one("Pipeline").inputs["pipelineDefinition"]
    assert isinstance(definition, str)
    return definition


def definition(**changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(text(pipeline(**changes)))
    return document


def policy(declaration: Declaration, role: str) -> dict[str, Any]:
    """The statements of a role by name."""
    document = json.loads(declaration.one("RolePolicy", f"{NAME}-{role}").inputs["policy"])
    return {statement["Sid"]: statement for statement in document["Statement"]}


def trust(declaration: Declaration, role: str) -> Any:
    (statement,) = json.loads(declaration.one("Role", f"{NAME}-{role}").inputs["assumeRolePolicy"])["Statement"]
    return statement


def changed_graph(**steps: dict[str, Any]) -> dict[str, Any]:
    """The graph with some keys of some steps changed."""
    document: dict[str, Any] = GRAPH.to_document()
    return {**document, "steps": [{**each, **steps.get(each["name"], {})} for each in document["steps"]]}


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

    with pytest.raises(ArgumentsError, match="image: got 'pipeline:latest', expected an image in ECR"):
        declare(program)


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


def test_jobs_may_do_what_their_code_does_and_nothing_else() -> None:
    statements = policy(pipeline(), "jobs")
    folders = [f"arn:aws:s3:::{BUCKET}/{folder}/{AWS_NAME}/*" for folder in ("models", "runs")]
    allowed = {name: (each["Action"], each["Resource"]) for name, each in statements.items()}
    groups = [
        f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:/aws/sagemaker/{kind}Jobs" for kind in ("Processing", "Training")
    ]
    assert allowed == {
        "ReadResults": (["s3:GetObject"], folders),
        "ReadResultsList": (["s3:ListBucket"], [f"arn:aws:s3:::{BUCKET}"]),
        "WriteResults": (["s3:AbortMultipartUpload", "s3:PutObject"], folders),
        "PullImages": (
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            [f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/flights/pipeline"],
        ),
        "PullImagesToken": (["ecr:GetAuthorizationToken"], ["*"]),
        "WriteLogs": (
            ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            sorted([*groups, *(f"{group}:*" for group in groups)]),
        ),
        "PutMetrics": (["cloudwatch:PutMetricData"], ["*"]),
    }
    keys = statements["ReadResultsList"]["Condition"]["StringLike"]["s3:prefix"]
    assert sorted(keys) == [f"models/{AWS_NAME}/*", f"runs/{AWS_NAME}/*"]


def test_jobs_may_read_the_champion_and_the_data_that_is_named() -> None:
    statements = policy(pipeline(**EVERYTHING), "jobs")
    assert statements["ReadChampion"]["Resource"] == [f"arn:aws:s3:::{CHAMPION_URL.removeprefix('s3://')}*"]
    assert statements["ReadData0"]["Resource"] == ["arn:aws:s3:::flights-raw/2013/*"]
    assert statements["ReadData0List"]["Condition"] == {"StringLike": {"s3:prefix": "2013/*"}}
    assert statements["ReadData1"]["Resource"] == ["arn:aws:s3:::weather/*"]
    assert statements["ReadData1List"]["Resource"] == ["arn:aws:s3:::weather"]


def test_rights_to_a_key_and_a_network_are_there_only_with_them() -> None:
    without, with_both = (set(policy(pipeline(**changes), "jobs")) for changes in ({}, EVERYTHING))
    assert {"UseKey", "UseKeyVolumes", "CreateInterfaces", "ChangeInterfaces", "DescribeNetwork"} <= with_both - without
    without, with_both = (set(policy(pipeline(**changes), "execution")) for changes in ({}, EVERYTHING))
    assert with_both - without == {"ReadEncrypted", "EncryptVolumes"}


def test_the_code_of_a_step_can_neither_start_jobs_nor_register_a_model() -> None:
    actions = {action for each in policy(pipeline(**EVERYTHING), "jobs").values() for action in each["Action"]}
    assert {action.split(":")[0] for action in actions} == {"s3", "ecr", "logs", "cloudwatch", "kms", "ec2"}


def test_sagemaker_may_run_the_jobs_and_register_the_model() -> None:
    statements = policy(pipeline(), "execution")
    jobs = [f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:{kind}-job/pipelines-*" for kind in ("processing", "training")]
    assert statements["RunJobs"]["Resource"] == jobs
    assert statements["PassRole"]["Resource"] == [f"arn:aws:iam::{ACCOUNT}:role/{AWS_NAME}-jobs"]
    assert statements["PassRole"]["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    group = f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:model-package"
    registered = [f"{group}-group/flights-dev-flight-delay", f"{group}/flights-dev-flight-delay/*"]
    assert statements["RegisterModel"]["Resource"] == registered
    assert statements["PullImages"]["Resource"] == [f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/flights/serving"]
    assert "s3:PutObject" not in {action for each in statements.values() for action in each["Action"]}


def test_a_group_may_be_another_accounts() -> None:
    arn = "arn:aws:sagemaker:eu-west-1:999988887777:model-package-group/flights"
    statement = policy(pipeline(model_package_group=arn), "execution")["RegisterModel"]
    assert statement["Resource"] == [arn, "arn:aws:sagemaker:eu-west-1:999988887777:model-package/flights/*"]


def test_roles_are_taken_on_for_this_pipeline_and_this_account_alone() -> None:
    declaration = pipeline(schedule="0 4 * * 1")
    service, sources = "sagemaker.amazonaws.com", f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}"
    expected = {
        "jobs": (service, [f"{sources}:processing-job/*", f"{sources}:training-job/*"]),
        "execution": (service, [f"{sources}:pipeline/{AWS_NAME}/*"]),
        "schedule": ("scheduler.amazonaws.com", [f"arn:aws:scheduler:eu-west-1:{ACCOUNT}:schedule-group/default"]),
    }
    for role, (principal, arns) in expected.items():
        statement = trust(declaration, role)
        assert statement["Principal"] == {"Service": principal}
        assert statement["Condition"] == {
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
            "ArnLike": {"aws:SourceArn": arns},
        }


def test_roles_keep_within_the_boundary() -> None:
    declaration = pipeline(**EVERYTHING)
    for role in ("jobs", "execution", "schedule"):
        boundary = declaration.one("Role", f"{NAME}-{role}").inputs["permissionsBoundary"]
        assert boundary == EVERYTHING["permissions_boundary_arn"]


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


def test_other_partitions_have_arns_of_their_own() -> None:
    registry = f"{ACCOUNT}.dkr.ecr.cn-north-1.amazonaws.com.cn"
    images = dict.fromkeys(("image", "serving_image"), f"{registry}/flights@sha256:{'a' * 64}")
    declaration = pipeline(region="cn-north-1", **images)
    assert policy(declaration, "jobs")["PullImages"]["Resource"] == [
        f"arn:aws-cn:ecr:cn-north-1:{ACCOUNT}:repository/flights"
    ]
    assert declaration.one("Pipeline").inputs["roleArn"] == f"arn:aws-cn:iam::{ACCOUNT}:role/{AWS_NAME}-execution"


LATER = {**changed_graph()["steps"][0], "name": "report", "after": ["register"]}
WIDE = [f"part-{index}" for index in range(10)]
BAD: list[tuple[dict[str, Any], list[str]]] = [
    # The graph.
    ({"graph": {"steps": []}}, ["graph: got {'steps': []}, expected a step graph"]),
    ({"graph": changed_graph(train={"model_output": ""})}, ["graph:", "a step with a model_output", "mark the step"]),
    (
        {"graph": {**GRAPH.to_document(), "steps": [*changed_graph()["steps"], LATER]}},
        ["graph: got 'step report after register', expected nothing after the registration"],
    ),
    (
        {"graph": changed_graph(evaluate={"is_gate": False, "after": ["features"]}, register={"after": ["train"]})},
        ["graph: got 'step register right after train', expected a step between them"],
    ),
    (
        {"graph": changed_graph(evaluate={"after": ["features"]})},
        ["graph: got 'the gate evaluate, which does not come after train'"],
    ),
    (
        {"graph": changed_graph(validate={"after": WIDE})},
        ["graph: got 'step validate after 10 steps', expected at most 9"],
    ),
    ({"graph": changed_graph(validate={"name": "champion"})}, ["graph: got 'a step champion'"]),
    ({"graph": changed_graph(validate={"name": "evaluate-gate"})}, ["graph: got 'a step evaluate-gate'"]),
    (
        {
            "graph": {
                **GRAPH.to_document(),
                "parameters": {f"p{n}": {"type": "integer", "default": 1} for n in range(39)},
            }
        },
        ["graph: got '39 parameters', expected at most 38"],
    ),
    ({"graph": {**GRAPH.to_document(), "reference": "a,b"}}, ["graph.reference: got 'a,b'"]),
    # What is neutral.
    ({"image": "pipeline:latest"}, ["image: got 'pipeline:latest', expected an image in ECR pinned by digest"]),
    (
        {"image": IMAGE.replace("eu-west-1", "us-east-1")},
        ["image: got", "expected an image in the ECR of eu-west-1, where the jobs run"],
    ),
    ({"serving_image": "localhost/serving:0123456789abcdef"}, ["sagemaker.serving_image: got"]),
    ({"environment": "dev, mine"}, ["environment: got 'dev, mine'"]),
    ({"parameters": {"horizon": 7}}, ["parameters.horizon: got 7"]),
    ({"parameters": {"train_from": "x" * 257}}, ["parameters.train_from:", "at most 256 characters"]),
    ({"gate": {"metric": "accuracy", "min": 0.9}}, ["gate.metric: got 'accuracy'"]),
    (
        {"gate": {"metric": "m,n", "max": 1}, "graph": changed_graph(evaluate={"metrics": ["m,n"]})},
        ["gate.metric: got 'm,n'"],
    ),
    ({"schedule": "every monday"}, ["schedule: got 'every monday', expected five cron fields"]),
    ({"schedule": "0 4 1 * 1"}, ["schedule: got '0 4 1 * 1'", "of which EventBridge Scheduler takes one"]),
    ({"run_timeout_seconds": 777601}, ["run_timeout_seconds: got 777601, expected 60 to 777600"]),
    ({"workspace_gib": 0}, ["workspace_gib: got 0"]),
    ({"champion": {"version": "7", "digest": "abc"}}, ["champion.digest: got 'abc'"]),
    ({"tags": {"aws:owner": "x"}}, ["tags.aws:owner"]),
    # What SageMaker alone has.
    ({"account_id": "12345"}, ["sagemaker.account_id: got '12345'"]),
    ({"region": "eu-west-11"}, ["sagemaker.region: got 'eu-west-11'"]),
    ({"bucket_name": "s3://bucket"}, ["sagemaker.bucket_name: got 's3://bucket'"]),
    ({"model_package_group": "flights/delay"}, ["sagemaker.model_package_group: got 'flights/delay'"]),
    ({"champion_model_data_url": CHAMPION_URL}, ["sagemaker.champion_model_data_url: got", "there is no champion"]),
    ({"training_instance_type": "ml.m5.larg"}, ["sagemaker.training_instance_type: got 'ml.m5.larg'", "did you mean"]),
    (
        {"instance_types": {"ingest": "ml.p4d.24xlarge", "train": "ml.t2.medium"}},
        [
            "sagemaker.instance_types.ingest: got 'ml.p4d.24xlarge', expected an instance type for processing",
            "sagemaker.instance_types.train: got 'ml.t2.medium', expected an instance type for training in eu-west-1",
        ],
    ),
    (
        {"instance_types": {"tune": "ml.m5.large"}},
        ["sagemaker.instance_types.tune: got 'ml.m5.large', expected one of"],
    ),
    ({"instance_types": {"register": "ml.m5.large"}}, ["sagemaker.instance_types.register: got"]),
    ({"cache_days": -1}, ["sagemaker.cache_days: got -1, expected 0 to 365"]),
    ({"retry_attempts": 21}, ["sagemaker.retry_attempts: got 21, expected 0 to 20"]),
    ({"approval": "Rejected"}, ["sagemaker.approval: got 'Rejected', expected one of PendingManualApproval, Approved"]),
    ({"data_s3_uris": ["flights-raw"]}, ["sagemaker.data_s3_uris[0]: got 'flights-raw'"]),
    ({"kms_key_arn": "alias/flights"}, ["sagemaker.kms_key_arn: got 'alias/flights'"]),
    ({"subnet_ids": NETWORK["subnet_ids"]}, ["sagemaker.security_group_ids: got nothing"]),
    ({"security_group_ids": NETWORK["security_group_ids"]}, ["sagemaker.subnet_ids: got nothing"]),
    ({"namespace": "f" * 50}, ["name: got", "at most 54 characters"]),
    ({"resources": {"train": {"cpu": "2"}}}, ["sagemaker.resources: got"]),
    (
        {"image": "pipeline:latest", "workspace_gib": 0, "region": "mars", "approval": "yes"},
        ["4 problems", "image:", "workspace_gib:", "sagemaker.region:", "sagemaker.approval:"],
    ),
]


@pytest.mark.parametrize(("changes", "texts"), BAD)
def test_fails_when_arguments_are_wrong(changes: dict[str, Any], texts: list[str]) -> None:
    with pytest.raises(ArgumentsError) as caught:
        pipeline(**changes)
    for expected in texts:
        assert expected in str(caught.value)


def test_fails_when_nothing_is_said_of_sagemaker() -> None:
    args: Any = {key: value for key, value in arguments().items() if key != "sagemaker"}
    with pytest.raises(ArgumentsError, match="sagemaker: got nothing"):
        declare(lambda: SageMakerTrainingPipeline(NAME, args))
