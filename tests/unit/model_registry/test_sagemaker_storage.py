import json
from typing import Any

import pytest

from pulumi_mlops import ArgumentsError, SageMakerStorage, SageMakerStorageArgs
from pulumi_mlops._shared import names
from pulumi_mlops._shared.aws.account import AwsAccount
from tests.aws_inputs import refusals
from tests.policies import findings
from tests.recording import Declaration, declare

PLACE = {"account_id": "123456789012", "region": "eu-west-1", "namespace": "flights-dev"}
BUCKET = "flights-dev-123456789012-eu-west-1"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/1234"
COMPONENT = "mlops:index:SageMakerStorage::storage"
SHARED: dict[str, Any] = {"kms_key_arn": KEY, "consumer_account_ids": ["210987654321", "109876543210"]}
PRODUCED: dict[str, Any] = {"kms_key_arn": KEY, "producer_account_ids": ["109876543210"]}
CHILDREN = [
    ("aws:s3/bucket:Bucket", "storage", COMPONENT),
    ("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "storage", COMPONENT),
    ("aws:s3/bucketOwnershipControls:BucketOwnershipControls", "storage", COMPONENT),
    ("aws:s3/bucketPolicy:BucketPolicy", "storage", COMPONENT),
    ("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "storage", COMPONENT),
    (
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "storage",
        COMPONENT,
    ),
    ("aws:s3/bucketVersioning:BucketVersioning", "storage", COMPONENT),
    ("mlops:index:SageMakerStorage", "storage", ""),
]


def arguments(settings: dict[str, Any], **more: Any) -> SageMakerStorageArgs:
    args: Any = {"sagemaker": {**PLACE, **settings}, **more}
    checked: SageMakerStorageArgs = args
    return checked


def storage(*, preview: bool = False, tags: dict[str, str] | None = None, **settings: Any) -> Declaration:
    def program() -> object:
        one = SageMakerStorage("storage", arguments(settings, **({} if tags is None else {"tags": tags})))
        return {"name": one.bucket_name, "arn": one.bucket_arn}

    return declare(program, preview=preview)


def statements(declaration: Declaration) -> dict[str, dict[str, Any]]:
    document = json.loads(declaration.one("BucketPolicy").inputs["policy"])
    return {statement["Sid"]: statement for statement in document["Statement"]}


def rules(declaration: Declaration) -> dict[str, dict[str, Any]]:
    return {rule["id"]: rule for rule in declaration.one("BucketLifecycleConfiguration").inputs["rules"]}


@pytest.mark.parametrize("settings", [{}, SHARED])
def test_declares_exactly_these_children(settings: dict[str, Any]) -> None:
    assert storage(**settings).children() == CHILDREN


@pytest.mark.parametrize("preview", [True, False])
def test_the_bucket_is_named_by_its_stack_account_and_region(preview: bool) -> None:
    declaration = storage(preview=preview)
    assert declaration.result == {"name": BUCKET, "arn": f"arn:aws:s3:::{BUCKET}"}
    assert {one.inputs["bucket"] for one in declaration.resources if one.type.startswith("aws:")} == {BUCKET}
    assert names.bucket("flights-dev", AwsAccount("123456789012", "eu-west-1")) == BUCKET


def test_nothing_in_it_is_public() -> None:
    declaration = storage()
    block = declaration.one("BucketPublicAccessBlock").inputs
    assert {key: value for key, value in block.items() if key != "bucket"} == {
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    }
    assert declaration.one("BucketOwnershipControls").inputs["rule"] == {"objectOwnership": "BucketOwnerEnforced"}


def test_nobody_comes_to_it_without_tls() -> None:
    declaration = storage()
    assert set(statements(declaration)) == {"TlsOnly"}
    denied = statements(declaration)["TlsOnly"]
    assert (denied["Effect"], denied["Principal"], denied["Action"]) == ("Deny", "*", "s3:*")
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert denied["Resource"] == [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"]


def test_it_keeps_what_is_replaced_for_some_days() -> None:
    declaration = storage(noncurrent_version_days=7)
    assert declaration.one("BucketVersioning").inputs["versioningConfiguration"] == {"status": "Enabled"}
    rule = rules(declaration)["noncurrent"]
    assert rule["filter"] == {"prefix": ""}
    assert rule["noncurrentVersionExpiration"] == {"noncurrentDays": 7}
    assert rule["abortIncompleteMultipartUpload"] == {"daysAfterInitiation": 7}


def test_runs_and_requests_expire_and_models_do_not() -> None:
    by_prefix = {
        rule["filter"]["prefix"]: rule["expiration"]["days"]
        for rule in rules(storage(run_retention_days=14)).values()
        if "days" in rule["expiration"]
    }
    assert by_prefix == {"async/": 14, "data-capture/": 14, "runs/": 14}
    assert all(rule["status"] == "Enabled" for rule in rules(storage()).values())
    assert rules(storage())["runs"]["expiration"] == {"days": 90}


def test_it_is_encrypted_with_the_stacks_key_or_with_s3s_own() -> None:
    def rule(declaration: Declaration) -> Any:
        (only,) = declaration.one("BucketServerSideEncryptionConfiguration").inputs["rules"]
        return only

    assert rule(storage()) == {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}
    assert rule(storage(kms_key_arn=KEY)) == {
        "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY},
        "bucketKeyEnabled": True,
    }


def test_other_accounts_read_the_models_and_nothing_else() -> None:
    declaration = storage(**SHARED)
    allowed = {name: one for name, one in statements(declaration).items() if one["Effect"] == "Allow"}
    roots = ["arn:aws:iam::109876543210:root", "arn:aws:iam::210987654321:root"]
    assert [one["Principal"] for one in allowed.values()] == [{"AWS": roots}, {"AWS": roots}]
    assert {(tuple(one["Action"]), tuple(one["Resource"])) for one in allowed.values()} == {
        (("s3:GetObject",), (f"arn:aws:s3:::{BUCKET}/models/*",)),
        (("s3:ListBucket",), (f"arn:aws:s3:::{BUCKET}",)),
    }


def test_an_account_that_registers_adds_models_and_one_that_serves_does_not() -> None:
    declaration = storage(**{**SHARED, "consumer_account_ids": ["210987654321"]}, producer_account_ids=["109876543210"])
    by_sid = statements(declaration)
    producer, consumer = "arn:aws:iam::109876543210:root", "arn:aws:iam::210987654321:root"
    assert by_sid["ReadModels"]["Principal"] == by_sid["ListModels"]["Principal"] == {"AWS": [producer, consumer]}
    assert by_sid["WriteModels"]["Principal"] == {"AWS": [producer]}
    assert set(by_sid["WriteModels"]["Action"]) == {"s3:AbortMultipartUpload", "s3:PutObject"}
    assert by_sid["WriteModels"]["Resource"] == [f"arn:aws:s3:::{BUCKET}/models/*"]


@pytest.mark.parametrize("settings", [{}, {"kms_key_arn": KEY}, SHARED, PRODUCED])
def test_its_policy_allows_nothing_beyond_what_it_names(settings: dict[str, Any]) -> None:
    assert findings(storage(**settings).resources) == []


@pytest.mark.parametrize("settings", [{}, SHARED])
def test_the_provider_takes_everything_as_it_is(settings: dict[str, Any]) -> None:
    assert refusals(storage(tags={"owner": "team-flights"}, **settings).resources) == []


def test_it_is_protected_unless_the_stack_says_otherwise() -> None:
    kept, disposable = storage(), storage(protect_data=False)
    assert (kept.one("Bucket").options.protect, kept.one("Bucket").options.retainOnDelete) == (True, True)
    assert kept.one("Bucket").inputs["forceDestroy"] is False
    assert (disposable.one("Bucket").options.protect, disposable.one("Bucket").options.retainOnDelete) == (False, False)
    assert disposable.one("Bucket").inputs["forceDestroy"] is True


def test_parts_come_in_the_order_that_s3_asks_for() -> None:
    declaration = storage()
    bucket = "aws:s3/bucket:Bucket::storage"
    for one in declaration.resources:
        if one.type.startswith("aws:s3/bucket") and one.type != "aws:s3/bucket:Bucket":
            assert bucket in one.depends_on, one.type
    private = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock::storage"
    assert private in declaration.one("BucketPolicy").depends_on
    versioned = "aws:s3/bucketVersioning:BucketVersioning::storage"
    assert versioned in declaration.one("BucketLifecycleConfiguration").depends_on


def test_nobody_knows_the_bucket_before_it_is_safe() -> None:
    with pytest.raises(Exception, match="BucketPublicAccessBlock"):
        declare(
            lambda: SageMakerStorage("storage", arguments({})).bucket_name,
            failing=lambda kind, _: kind.endswith("BucketPublicAccessBlock"),
        )


def test_it_is_tagged() -> None:
    assert storage(tags={"owner": "team-flights"}).one("Bucket").inputs["tags"] == {
        "owner": "team-flights",
        "mlops:component": "storage",
        "mlops:managed-by": "pulumi",
    }


def test_arns_are_of_the_regions_partition() -> None:
    declaration = storage(region="cn-north-1")
    assert declaration.result["arn"].startswith("arn:aws-cn:s3:::")
    assert statements(declaration)["TlsOnly"]["Resource"][0].startswith("arn:aws-cn:s3:::")


@pytest.mark.parametrize(
    ("settings", "path", "expected"),
    [
        ({"consumer_account_ids": ["210987654321"]}, "sagemaker.kms_key_arn", "as other accounts read the models"),
        ({"producer_account_ids": ["210987654321"]}, "sagemaker.kms_key_arn", "remove `producer_account_ids`"),
        ({"namespace": "f" * 41}, "sagemaker.namespace", "at most 40 characters"),
        ({"noncurrent_version_days": 0}, "sagemaker.noncurrent_version_days", "1 to 3650"),
        ({"run_retention_days": 0}, "sagemaker.run_retention_days", "1 to 3650"),
        ({"protect_data": "no"}, "sagemaker.protect_data", "true or false"),
        ({"consumers": []}, "sagemaker.consumers", "one of account_id"),
    ],
)
def test_fails_when_an_argument_is_wrong(settings: dict[str, Any], path: str, expected: str) -> None:
    with pytest.raises(ArgumentsError) as raised:
        storage(**settings)
    (problem,) = raised.value.problems
    assert problem.path == path
    assert expected in str(problem)


def test_says_everything_that_is_wrong_at_once() -> None:
    with pytest.raises(ArgumentsError) as raised:
        storage(account_id="1", region="mars", kms_key_arn="key", consumer_account_ids=["x"], run_retention_days=-1)
    assert {problem.path for problem in raised.value.problems} == {
        "sagemaker.account_id",
        "sagemaker.region",
        "sagemaker.kms_key_arn",
        "sagemaker.consumer_account_ids[0]",
        "sagemaker.run_retention_days",
    }
