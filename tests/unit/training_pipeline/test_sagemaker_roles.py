from tests.unit.training_pipeline.plans import ACCOUNT, KEY, step
from tests.unit.training_pipeline.sagemaker_pipelines import (
    AWS_NAME,
    BUCKET,
    EVERYTHING,
    NAME,
    changed_graph,
    definition,
    pipeline,
    policy,
    trust,
)

GROUP = "flights-dev-flight-delay"


def test_jobs_may_do_what_their_code_does_and_nothing_else() -> None:
    statements = policy(pipeline(), "jobs")
    folders = {"models": f"models/{GROUP}/*", "runs": f"runs/{AWS_NAME}/*"}
    models, runs = ([f"arn:aws:s3:::{BUCKET}/{folders[name]}"] for name in ("models", "runs"))
    allowed = {name: (each["Action"], each["Resource"]) for name, each in statements.items()}
    groups = [
        f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:/aws/sagemaker/{kind}Jobs" for kind in ("Processing", "Training")
    ]
    assert allowed == {
        "ReadResults": (["s3:GetObject"], runs),
        "ReadResultsList": (["s3:ListBucket"], [f"arn:aws:s3:::{BUCKET}"]),
        "WriteResults": (["s3:AbortMultipartUpload", "s3:PutObject"], runs),
        "ReadModels": (["s3:GetObject"], models),
        "ReadModelsList": (["s3:ListBucket"], [f"arn:aws:s3:::{BUCKET}"]),
        "WriteModels": (["s3:AbortMultipartUpload", "s3:PutObject"], models),
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
    for what, folder in (("Results", "runs"), ("Models", "models")):
        keys = statements[f"Read{what}List"]["Condition"]["StringLike"]["s3:prefix"]
        assert keys == [folders[folder]]


def test_jobs_may_read_the_champion_and_the_data_that_is_named() -> None:
    statements = policy(pipeline(**EVERYTHING), "jobs")
    assert statements["ReadModels"]["Resource"] == [f"arn:aws:s3:::{BUCKET}/models/{GROUP}/*"]
    assert statements["ReadData0"]["Resource"] == ["arn:aws:s3:::flights-raw/2013/*"]
    assert statements["ReadData0List"]["Condition"] == {"StringLike": {"s3:prefix": "2013/*"}}
    assert statements["ReadData1"]["Resource"] == ["arn:aws:s3:::weather/*"]
    assert statements["ReadData1List"]["Resource"] == ["arn:aws:s3:::weather"]


def test_jobs_may_decrypt_the_data_that_is_named_and_encrypt_nothing_with_its_keys() -> None:
    keys = [KEY.replace("0a1b2c3d", "4e5f6a7b")]
    allowed = policy(pipeline(**EVERYTHING, data_kms_key_arns=keys), "jobs")
    assert (allowed["DecryptData"]["Action"], allowed["DecryptData"]["Resource"]) == (["kms:Decrypt"], keys)
    assert "DecryptData" not in policy(pipeline(**EVERYTHING), "jobs")


def test_models_go_to_another_accounts_bucket_under_its_key() -> None:
    elsewhere = {"model_data_bucket": "flights-models", "model_data_kms_key_arn": KEY.replace(ACCOUNT, "999988887777")}
    declaration = pipeline(**EVERYTHING, **elsewhere)
    jobs, execution = policy(declaration, "jobs"), policy(declaration, "execution")
    objects = [f"arn:aws:s3:::flights-models/models/{GROUP}/*"]
    assert jobs["WriteModels"]["Resource"] == jobs["ReadModels"]["Resource"] == objects
    assert execution["ReadModels"]["Resource"] == objects
    assert jobs["WriteResults"]["Resource"] == [f"arn:aws:s3:::{BUCKET}/runs/{AWS_NAME}/*"]
    key = [elsewhere["model_data_kms_key_arn"]]
    assert (jobs["UseModelsKey"]["Action"], jobs["UseModelsKey"]["Resource"]) == (
        ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"],
        key,
    )
    assert (execution["ReadEncryptedModels"]["Action"], execution["ReadEncryptedModels"]["Resource"]) == (
        ["kms:Decrypt", "kms:DescribeKey"],
        key,
    )
    left = step(definition(**EVERYTHING, **elsewhere), "evaluate")["Arguments"]["ProcessingOutputConfig"]
    assert [each["S3Output"]["S3Uri"] for each in left["Outputs"][1:]] == [f"s3://flights-models/models/{GROUP}"]
    assert left["KmsKeyId"] == key[0]


def test_jobs_that_neither_compare_nor_register_see_no_model() -> None:
    graph = changed_graph(register={"registers_model": False})
    assert not {"ReadModels", "WriteModels"} & set(policy(pipeline(graph=graph), "jobs"))
    compared = policy(pipeline(graph=graph, champion=EVERYTHING["champion"]), "jobs")
    assert ("ReadModels" in compared, "WriteModels" in compared) == (True, False)


def test_rights_to_a_key_and_a_network_are_there_only_with_them() -> None:
    without, with_both = (set(policy(pipeline(**changes), "jobs")) for changes in ({}, EVERYTHING))
    assert {"UseKey", "UseKeyVolumes", "CreateInterfaces", "ChangeInterfaces", "DescribeNetwork"} <= with_both - without
    without, with_both = (set(policy(pipeline(**changes), "execution")) for changes in ({}, EVERYTHING))
    assert with_both - without == {"ReadEncrypted", "EncryptVolumes"}


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


def test_other_partitions_have_arns_of_their_own() -> None:
    registry = f"{ACCOUNT}.dkr.ecr.cn-north-1.amazonaws.com.cn"
    images = dict.fromkeys(("image", "serving_image"), f"{registry}/flights@sha256:{'a' * 64}")
    declaration = pipeline(region="cn-north-1", **images)
    assert policy(declaration, "jobs")["PullImages"]["Resource"] == [
        f"arn:aws-cn:ecr:cn-north-1:{ACCOUNT}:repository/flights"
    ]
    assert declaration.one("Pipeline").inputs["roleArn"] == f"arn:aws-cn:iam::{ACCOUNT}:role/{AWS_NAME}-execution"
