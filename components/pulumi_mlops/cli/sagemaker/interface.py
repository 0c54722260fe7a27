"""What a version on SageMaker takes and gives: its contract, in its archive on S3. An endpoint there does not tell."""

import json
import tarfile
import zlib

from pulumi_mlops._shared.aws import client as aws
from pulumi_mlops._shared.aws.model_packages import ModelPackage
from pulumi_mlops.cli.interface import Interface, of_contract
from pulumi_mlops.cli.sagemaker.names import Names

CONTRACT = "serving.json"
# A contract with every airport of the world has a fifth of that.
_MOST_BYTES = 4 << 20


def interface_of(names: Names, package: ModelPackage) -> Interface:
    """Read a version's contract.

    Raises:
        AwsError: When AWS refuses, or the archive cannot be read.
        ValueError: When the contract is in another form.
    """
    bucket, _, key = package.model_data_url.removeprefix("s3://").partition("/")
    body = aws.ask(aws.client("s3", names.region), "get_object", Bucket=bucket, Key=key)["Body"]
    try:
        # As a stream: what comes behind the contract is not fetched.
        with tarfile.open(fileobj=body, mode="r|gz") as members:
            for member in members:
                file = members.extractfile(member) if member.name.removeprefix("./") == CONTRACT else None
                if file is not None:
                    return of_contract(json.loads(file.read(_MOST_BYTES)))
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        raise aws.AwsError(
            f"{package.model_data_url}: got {error}, expected a model's files as a gzipped tar"
        ) from error
    raise aws.AwsError(f"{package.model_data_url}: got no {CONTRACT}, expected a model that a pipeline registered")
