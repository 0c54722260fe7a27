"""SageMaker's models and endpoint configurations."""

from sandbox.plugins.aws.names import unique_id
from sandbox.plugins.aws.table import (
    Absence,
    Delete,
    Form,
    Naming,
    Property,
    Read,
    ResourceType,
    replacing,
)
from sandbox.plugins.aws.types.sagemaker_tags import TAGGING
from sandbox.plugins.protocol.values import Object

_S3_DATA_SOURCES = Property(
    "s3DataSources",
    "S3DataSource",
    form=Form.SINGLE,
    required=True,
    children=(
        Property("compressionType", required=True),
        Property("modelAccessConfig", children=(Property("acceptEula", required=True),)),
        Property("s3DataType", required=True),
        Property("s3Uri", required=True, has_pattern=True),
    ),
)

_CONTAINER = (
    Property(
        "additionalModelDataSources",
        computed=True,
        children=(Property("channelName", required=True), _S3_DATA_SOURCES),
    ),
    Property("containerHostname", has_pattern=True),
    Property("environment"),
    Property("image", has_pattern=True),
    Property(
        "imageConfig",
        children=(
            Property("repositoryAccessMode", required=True),
            Property(
                "repositoryAuthConfig",
                children=(Property("repositoryCredentialsProviderArn", required=True, is_arn=True),),
            ),
        ),
    ),
    Property("inferenceSpecificationName", has_pattern=True),
    Property("mode", default="SingleModel"),
    Property("modelDataSource", computed=True, children=(_S3_DATA_SOURCES,)),
    Property("modelDataUrl", has_pattern=True),
    Property("modelPackageName", is_arn=True),
    Property("multiModelConfig", children=(Property("modelCacheSetting"),)),
)

MODEL = ResourceType(
    pulumi_type="aws:sagemaker/model:Model",
    service="sagemaker",
    id_of=("name",),
    keys={"ModelName": "name"},
    properties=(
        *replacing(
            Property("containers", children=_CONTAINER),
            Property("enableNetworkIsolation"),
            Property("executionRoleArn", required=True, is_arn=True),
            Property("name", "ModelName", has_pattern=True),
            Property("primaryContainer", children=_CONTAINER),
        ),
        # AWS's own provider takes a change inside these two for an update, which then does nothing.
        Property("inferenceExecutionConfig", computed=True, replaces=True, children=(Property("mode", required=True),)),
        Property(
            "vpcConfig",
            replaces=True,
            children=(
                Property("securityGroupIds", required=True, unordered=True),
                Property("subnets", required=True, unordered=True),
            ),
        ),
    ),
    create="CreateModel",
    read=Read("DescribeModel"),
    delete=Delete("DeleteModel"),
    absent=(Absence("ValidationException", "Could not find model"),),
    exists=(Absence("ValidationException", "already existing"),),
    outputs={"arn": "ModelArn"},
    tagging=TAGGING,
    naming=Naming(),
)

_CORE_DUMP = (
    Property("destinationS3Uri", required=True, has_pattern=True),
    Property("kmsKeyId", is_arn=True),
)
_CORE_DUMP_OF_SHADOW = (
    Property("destinationS3Uri", required=True, has_pattern=True),
    Property("kmsKeyId", required=True, is_arn=True),
)

_REST_OF_VARIANT = (
    Property("acceleratorType"),
    Property(
        "capacityReservationConfig",
        children=(Property("capacityReservationPreference"), Property("mlReservationArn", is_arn=True)),
    ),
    Property("containerStartupHealthCheckTimeoutInSeconds"),
    Property("enableSsmAccess"),
    Property("inferenceAmiVersion"),
    Property("initialInstanceCount"),
    Property("initialVariantWeight", default=1),
    Property("instanceType"),
    Property(
        "managedInstanceScaling",
        children=(Property("maxInstanceCount"), Property("minInstanceCount"), Property("status")),
    ),
    Property("modelDataDownloadTimeoutInSeconds"),
    Property("modelName"),
    Property(
        "routingConfigs", "RoutingConfig", form=Form.SINGLE, children=(Property("routingStrategy", required=True),)
    ),
    Property(
        "serverlessConfig",
        children=(
            Property("maxConcurrency", required=True),
            Property("memorySizeInMb", required=True, choices=(1024, 2048, 3072, 4096, 5120, 6144)),
            Property("provisionedConcurrency"),
        ),
    ),
    Property("variantName", computed=True),
    Property("volumeSizeInGb", computed=True),
)
_VARIANT = (Property("coreDumpConfig", children=_CORE_DUMP), *_REST_OF_VARIANT)
_SHADOW = (Property("coreDumpConfig", children=_CORE_DUMP_OF_SHADOW), *_REST_OF_VARIANT)

_CONTENT_TYPES = (
    Property("csvContentTypes", unordered=True),
    Property("jsonContentTypes", unordered=True),
)

_NOTIFICATIONS = (
    Property("errorTopic", is_arn=True),
    Property("includeInferenceResponseIns", "IncludeInferenceResponseIn", unordered=True),
    Property("successTopic", is_arn=True),
)


def _with_variant_names(inputs: Object) -> Object:
    variants = {
        name: [{"variantName": unique_id(), **variant} for variant in inputs[name]]
        for name in ("productionVariants", "shadowProductionVariants")
        if name in inputs
    }
    return inputs | variants


ENDPOINT_CONFIGURATION = ResourceType(
    pulumi_type="aws:sagemaker/endpointConfiguration:EndpointConfiguration",
    service="sagemaker",
    id_of=("name",),
    keys={"EndpointConfigName": "name"},
    properties=replacing(
        Property(
            "asyncInferenceConfig",
            children=(
                Property("clientConfig", children=(Property("maxConcurrentInvocationsPerInstance"),)),
                Property(
                    "outputConfig",
                    required=True,
                    children=(
                        Property("kmsKeyId", is_arn=True),
                        Property("notificationConfig", children=_NOTIFICATIONS),
                        Property("s3FailurePath", has_pattern=True),
                        Property("s3OutputPath", required=True, has_pattern=True),
                    ),
                ),
            ),
        ),
        Property(
            "dataCaptureConfig",
            children=(
                Property("captureContentTypeHeader", children=_CONTENT_TYPES),
                Property("captureOptions", required=True, children=(Property("captureMode", required=True),)),
                Property("destinationS3Uri", required=True, has_pattern=True),
                Property("enableCapture"),
                Property("initialSamplingPercentage", required=True),
                Property("kmsKeyId", is_arn=True),
            ),
        ),
        Property("executionRoleArn", is_arn=True),
        Property("kmsKeyArn", "KmsKeyId", is_arn=True),
        Property("name", "EndpointConfigName", computed=True, has_pattern=True),
        Property("namePrefix", is_local=True, computed=True),
        Property("productionVariants", required=True, children=_VARIANT),
        Property("shadowProductionVariants", children=_SHADOW),
    ),
    create="CreateEndpointConfig",
    read=Read("DescribeEndpointConfig"),
    delete=Delete("DeleteEndpointConfig"),
    absent=(Absence("ValidationException", "Could not find endpoint configuration"),),
    exists=(Absence("ValidationException", "already existing"),),
    outputs={"arn": "EndpointConfigArn"},
    tagging=TAGGING,
    naming=Naming(prefix_property="namePrefix"),
    completed=_with_variant_names,
)


TYPES = (MODEL, ENDPOINT_CONFIGURATION)
