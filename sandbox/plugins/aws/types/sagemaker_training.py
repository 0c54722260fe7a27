"""SageMaker's pipelines, and the groups of model packages that they register in."""

from sandbox.plugins.aws.rules import exactly_one_of
from sandbox.plugins.aws.table import Absence, Delete, Form, Property, Read, ResourceType, Update, Wait
from sandbox.plugins.aws.types.sagemaker_tags import TAGGING

MODEL_PACKAGE_GROUP = ResourceType(
    pulumi_type="aws:sagemaker/modelPackageGroup:ModelPackageGroup",
    service="sagemaker",
    id_of=("modelPackageGroupName",),
    keys={"ModelPackageGroupName": "modelPackageGroupName"},
    properties=(
        Property("modelPackageGroupDescription", replaces=True),
        Property("modelPackageGroupName", required=True, replaces=True, has_pattern=True),
    ),
    create="CreateModelPackageGroup",
    read=Read("DescribeModelPackageGroup"),
    delete=Delete("DeleteModelPackageGroup"),
    absent=(Absence("ValidationException", "does not exist"),),
    exists=(Absence("ValidationException", "already exists"),),
    outputs={"arn": "ModelPackageGroupArn"},
    tagging=TAGGING,
    wait=Wait("ModelPackageGroupStatus", ready="Completed", reason="", timeout_seconds=600.0),
    waits_until_gone=True,
)

MODEL_PACKAGE_GROUP_POLICY = ResourceType(
    pulumi_type="aws:sagemaker/modelPackageGroupPolicy:ModelPackageGroupPolicy",
    service="sagemaker",
    id_of=("modelPackageGroupName",),
    keys={"ModelPackageGroupName": "modelPackageGroupName"},
    properties=(
        Property("modelPackageGroupName", required=True, replaces=True),
        Property("resourcePolicy", form=Form.POLICY, required=True),
    ),
    create="PutModelPackageGroupPolicy",
    read=Read("GetModelPackageGroupPolicy"),
    updates=(Update("PutModelPackageGroupPolicy"),),
    delete=Delete("DeleteModelPackageGroupPolicy"),
    absent=(Absence("ValidationException", "Cannot find"), Absence("ValidationException", "does not exist")),
)

PIPELINE = ResourceType(
    pulumi_type="aws:sagemaker/pipeline:Pipeline",
    service="sagemaker",
    id_of=("pipelineName",),
    keys={"PipelineName": "pipelineName"},
    properties=(
        Property("parallelismConfiguration", children=(Property("maxParallelExecutionSteps", required=True),)),
        Property("pipelineDefinition", form=Form.JSON),
        Property(
            "pipelineDefinitionS3Location",
            readable=False,
            children=(
                Property("bucket", required=True),
                Property("objectKey", required=True),
                Property("versionId"),
            ),
        ),
        Property("pipelineDescription"),
        Property("pipelineDisplayName", required=True, has_pattern=True),
        Property("pipelineName", required=True, replaces=True, has_pattern=True),
        Property("roleArn", is_arn=True),
    ),
    create="CreatePipeline",
    read=Read("DescribePipeline"),
    updates=(Update("UpdatePipeline", emptied=("pipelineDescription", "parallelismConfiguration")),),
    delete=Delete("DeletePipeline"),
    absent=(
        Absence("ResourceNotFound"),
        Absence("ValidationException", "No pipeline"),
        Absence("ValidationException", "Could not find pipeline"),
    ),
    exists=(Absence("ValidationException", "already exists"), Absence("ConflictException")),
    outputs={"arn": "PipelineArn"},
    tagging=TAGGING,
    rules=(exactly_one_of("pipelineDefinition", "pipelineDefinitionS3Location"),),
)

TYPES = (MODEL_PACKAGE_GROUP, MODEL_PACKAGE_GROUP_POLICY, PIPELINE)
