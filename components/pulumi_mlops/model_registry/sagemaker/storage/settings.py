"""A storage's arguments, checked and complete."""

from dataclasses import dataclass

from pulumi_mlops._shared import names
from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.aws.settings import CommonSettings, OtherAccounts, read_common, read_other_accounts
from pulumi_mlops._shared.rules import Setting
from pulumi_mlops.model_registry.sagemaker.storage.args import SageMakerStorageArgs

LONGEST_BUCKET_NAME = 63
NONCURRENT_VERSION_DAYS = Setting(1, 3650, default=30)
RUN_RETENTION_DAYS = Setting(1, 3650, default=90)


@dataclass(frozen=True)
class StorageSettings:
    """Everything that the bucket's documents are made of."""

    common: CommonSettings
    bucket_name: str
    others: OtherAccounts
    noncurrent_version_days: int
    run_retention_days: int
    protect_data: bool


def resolve(name: str, args: SageMakerStorageArgs) -> StorageSettings:
    """Check the arguments and fill in the defaults.

    Raises:
        ArgumentsError: With every problem of the plain values. Outputs are checked where they are used.
    """
    arguments = Arguments("SageMakerStorage", name, args, SageMakerStorageArgs)
    common = read_common(arguments)
    settings = StorageSettings(
        common=common,
        bucket_name=names.bucket(common.namespace, common.account),
        others=read_other_accounts(arguments),
        noncurrent_version_days=arguments.number("sagemaker.noncurrent_version_days", NONCURRENT_VERSION_DAYS),
        run_retention_days=arguments.number("sagemaker.run_retention_days", RUN_RETENTION_DAYS),
        protect_data=arguments.read("sagemaker.protect_data", None, True),  # noqa: FBT003 - the default
    )
    _check_name(arguments, settings)
    _check_key(arguments, settings)
    arguments.finish()
    return settings


def _check_name(arguments: Arguments, settings: StorageSettings) -> None:
    length = len(settings.bucket_name)
    if arguments.sound("sagemaker.namespace", "sagemaker.region") and length > LONGEST_BUCKET_NAME:
        expected = f"at most {LONGEST_BUCKET_NAME - length + len(settings.common.namespace)} characters"
        fix = f"shorten it: S3 takes {LONGEST_BUCKET_NAME} characters, and the bucket would be {settings.bucket_name}"
        arguments.add("sagemaker.namespace", settings.common.namespace, expected, fix)


def _check_key(arguments: Arguments, settings: StorageSettings) -> None:
    missing = settings.common.kms_key_arn is None and arguments.sound("sagemaker.kms_key_arn")
    if settings.others.reader_ids and missing:
        # https://docs.aws.amazon.com/sagemaker/latest/dg/model-registry-deploy.html#model-registry-deploy-xaccount
        given = {
            "consumer_account_ids": settings.others.consumer_ids,
            "producer_account_ids": settings.others.producer_ids,
        }
        lists = [key for key, account_ids in given.items() if account_ids]
        fix = f"name a key whose policy lets these accounts decrypt, or remove `{'` and `'.join(lists)}`"
        arguments.add("sagemaker.kms_key_arn", None, "a key of yours, as other accounts read the models", fix)
