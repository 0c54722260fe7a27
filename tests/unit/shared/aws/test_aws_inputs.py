import pulumi_aws as aws

from tests.aws_inputs import refusals
from tests.recording import declare


def test_finds_what_aws_would_refuse() -> None:
    def program() -> None:
        aws.sagemaker.ModelPackageGroup("right", model_package_group_name="flights")
        aws.sagemaker.ModelPackageGroup("wrong", model_package_group_name="flight_delay")

    (refusal,) = refusals(declare(program).resources)
    assert refusal.startswith("aws:sagemaker/modelPackageGroup:ModelPackageGroup::wrong: ")
