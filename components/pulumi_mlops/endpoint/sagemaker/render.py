"""What SageMaker is given of an endpoint: models, configuration, endpoint, as keyword arguments of pulumi-aws."""

import pulumi

from pulumi_mlops._shared import names
from pulumi_mlops._shared.aws.pinned_package import pinned_package
from pulumi_mlops._shared.aws.tags import component_tags
from pulumi_mlops._shared.aws.volumes import has_own_disks
from pulumi_mlops._shared.documents import Document, content_hash, without_none
from pulumi_mlops._shared.inputs import combine
from pulumi_mlops._shared.pinned_model import PinnedModel
from pulumi_mlops.dynamic.superseded_releases import ENDPOINT_TAG
from pulumi_mlops.endpoint.sagemaker.lmi import render as lmi
from pulumi_mlops.endpoint.sagemaker.settings import HostingSettings, ShadowSettings, StartSettings

# The variant's name never changes: what scales it is registered under that name, and a blue/green deployment asks for
# the same one (deployment-guardrails-exclusions).
VARIANT = "main"
SHADOW_VARIANT = "shadow"


def tags(settings: HostingSettings) -> dict[str, pulumi.Input[str]]:
    """Tags of everything that belongs to the endpoint. By one of them it is found again when it is to be removed."""
    ours = component_tags(settings.tags, names.ENDPOINT, workload=settings.workload)
    return {**ours, ENDPOINT_TAG: settings.endpoint_name}


def url(settings: HostingSettings) -> str:
    """Return the address that requests are sent to, signed with credentials."""
    account = settings.account
    path = "invocations" if settings.asynchronous is None else "async-invocations"
    domain = "amazonaws.com.cn" if account.partition == "aws-cn" else "amazonaws.com"
    host = f"runtime.sagemaker.{account.region}.{domain}"
    return f"https://{host}/endpoints/{settings.endpoint_name}/{path}"


def package(settings: HostingSettings, model: PinnedModel) -> Document:
    """Return the version that is pinned, as it is looked up in the registry."""
    return pinned_package(settings.account, settings.model_package_group, settings.model_data_bucket, model)


def release_name(settings: HostingSettings, parts: list[Document | None]) -> pulumi.Input[str]:
    """Name a release after everything that it is made of."""
    return combine(lambda digits: f"{settings.endpoint_name}-{digits}", content_hash(parts))


def model(
    settings: HostingSettings,
    pinned: PinnedModel,
    image: pulumi.Input[str],
    role_arn: pulumi.Input[str],
    instance_type: str,
) -> Document:
    """Return a model, but for its name, its tags and where its bytes lie.

    Args:
        settings: The endpoint's settings.
        pinned: The version.
        image: The model server's image.
        role_arn: What it runs as.
        instance_type: The machines that it is for; of no account for a serverless endpoint.
    """
    formats = ",".join(settings.allow_code_formats)
    allowed = {names.ALLOW_CODE_FORMATS_VARIABLE: formats} if formats else {}
    document: Document = {
        "execution_role_arn": role_arn,
        "primary_container": {
            "image": image,
            # Our server holds its own bytes against the digest before it answers that it is ready.
            "environment": {
                names.MODEL_NAME_VARIABLE: settings.model_name,
                names.MODEL_VERSION_VARIABLE: pinned.version,
                names.MODEL_DIGEST_VARIABLE: pinned.digest,
                names.REQUEST_TIMEOUT_VARIABLE: str(settings.request_timeout_seconds),
                **_room(settings, instance_type),
                **allowed,
                **({} if settings.lmi is None else lmi.environment(settings.lmi)),
            },
        },
        # It needs no network: SageMaker brings model and requests. Serverless endpoints cannot do without
        # (serverless-endpoints, feature exclusions).
        "enable_network_isolation": settings.serverless is None,
    }
    if settings.network is not None:
        document["vpc_config"] = {
            "subnets": list(settings.network.subnet_ids),
            "security_group_ids": list(settings.network.security_group_ids),
        }
    return document


def server_image(settings: HostingSettings) -> pulumi.Input[str]:
    """Return the image of the container that answers."""
    return settings.image if settings.lmi is None else settings.lmi.image


def _room(settings: HostingSettings, instance_type: str) -> dict[str, str]:
    """Return what the model has to fit, for the server: it refuses a larger one before it loads it."""
    memory_mib = settings.memory_mib(instance_type)
    cache_mib = settings.model_cache_gib * 1024
    return {
        **({} if memory_mib is None else {names.MEMORY_VARIABLE: str(memory_mib)}),
        **({names.MODEL_CACHE_VARIABLE: str(cache_mib)} if cache_mib else {}),
    }


def placed_model(document: Document, name: pulumi.Input[str], model_data_url: pulumi.Input[str]) -> Document:
    """Return a model with its name and with where its bytes lie."""
    container = {**document["primary_container"], "model_data_url": model_data_url}
    return {**document, "name": name, "primary_container": container}


def configuration(settings: HostingSettings) -> Document:
    """Return a configuration, but for its name, its tags and its models' names."""
    return without_none(
        {
            "production_variants": [_production_variant(settings)],
            "shadow_production_variants": [_shadow_variant(settings, settings.shadow)] if settings.shadow else None,
            "async_inference_config": _asynchronous(settings),
            "data_capture_config": _data_capture(settings),
            "kms_key_arn": settings.kms_key_arn if has_volumes(settings) else None,
        }
    )


def has_volumes(settings: HostingSettings) -> bool:
    """Tell whether the machines have volumes that a key can encrypt.

    Serverless endpoints have none, and some machines have disks of their own, which encrypt themselves.
    """
    return settings.serverless is None and not any(has_own_disks(one["instance_type"]) for one in variants(settings))


def variants(settings: HostingSettings) -> list[Document]:
    """Return the variants as the endpoint is asked for them: machines and their numbers, the one that answers first."""
    if settings.serverless is not None:
        return [{"variant_name": VARIANT}]
    main = {
        "variant_name": VARIANT,
        "instance_type": settings.instance_type,
        "instances_min": settings.replicas_min,
        "instances_max": settings.replicas_max,
    }
    if settings.shadow is None:
        return [main]
    count = settings.shadow.instance_count
    shadow = {
        "variant_name": SHADOW_VARIANT,
        "instance_type": settings.shadow.instance_type,
        "instances_min": count,
        "instances_max": count,
    }
    return [main, shadow]


def placed_configuration(
    document: Document,
    name: pulumi.Input[str],
    model_name: pulumi.Input[str],
    shadow_model_name: pulumi.Input[str] | None,
) -> Document:
    """Return a configuration with its name and those of its models."""
    (variant,) = document["production_variants"]
    placed = {**document, "name": name, "production_variants": [{**variant, "model_name": model_name}]}
    if shadow_model_name is not None:
        (shadow,) = document["shadow_production_variants"]
        placed["shadow_production_variants"] = [{**shadow, "model_name": shadow_model_name}]
    return placed


def _production_variant(settings: HostingSettings) -> Document:
    variant: Document = {"variant_name": VARIANT, "initial_variant_weight": 1.0}
    if settings.serverless is not None:
        variant["serverless_config"] = without_none(
            {
                "memory_size_in_mb": settings.serverless.memory_mib,
                "max_concurrency": settings.serverless.max_concurrency,
                "provisioned_concurrency": settings.serverless.provisioned_concurrency,
            }
        )
        return variant
    return {
        **variant,
        "instance_type": settings.instance_type,
        "initial_instance_count": settings.replicas_min,
        **_start(settings.start),
    }


def _start(start: StartSettings) -> Document:
    return without_none(
        {
            "model_data_download_timeout_in_seconds": start.model_data_download_timeout_seconds,
            "container_startup_health_check_timeout_in_seconds": start.container_startup_health_check_timeout_seconds,
            "inference_ami_version": start.inference_ami_version.value if start.inference_ami_version else None,
        }
    )


def _shadow_variant(settings: HostingSettings, shadow: ShadowSettings) -> Document:
    # The ratio of the weights is the part of the requests that is copied (API_CreateEndpointConfig).
    return {
        "variant_name": SHADOW_VARIANT,
        "initial_variant_weight": shadow.sampling_percent / 100,
        "instance_type": shadow.instance_type,
        "initial_instance_count": shadow.instance_count,
        **_start(settings.start),
    }


def _asynchronous(settings: HostingSettings) -> Document | None:
    if settings.asynchronous is None:
        return None
    folder = names.asynchronous_folder(settings.endpoint_name)
    topics = without_none(
        {
            "success_topic": settings.asynchronous.success_topic_arn,
            "error_topic": settings.asynchronous.error_topic_arn,
        }
    )
    return {
        "client_config": {"max_concurrent_invocations_per_instance": settings.asynchronous.max_concurrent_per_instance},
        "output_config": without_none(
            {
                "s3_output_path": _in_bucket(settings, f"{folder}/answers"),
                "s3_failure_path": _in_bucket(settings, f"{folder}/failures"),
                "kms_key_id": settings.kms_key_arn,
                "notification_config": topics or None,
            }
        ),
    }


def _data_capture(settings: HostingSettings) -> Document | None:
    if settings.payloads is None:
        return None
    return without_none(
        {
            "enable_capture": True,
            "initial_sampling_percentage": settings.payloads.sampling_percent,
            "destination_s3_uri": _in_bucket(settings, names.data_capture_folder(settings.endpoint_name)),
            "kms_key_id": settings.kms_key_arn,
            "capture_options": [{"capture_mode": "Input"}, {"capture_mode": "Output"}],
            "capture_content_type_header": {"json_content_types": ["application/json"]},
        }
    )


def _in_bucket(settings: HostingSettings, key: str) -> pulumi.Input[str]:
    return combine(lambda bucket: f"s3://{bucket}/{key}", settings.bucket_name)
