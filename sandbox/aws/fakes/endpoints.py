"""Endpoints: UpdateEndpoint, what a deployment keeps of the machines, and how one ends that SageMaker turns back.

Pages are those below https://docs.aws.amazon.com/sagemaker/latest/.
"""

from collections.abc import Iterator
from typing import Any

from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.sagemaker.exceptions import AWSValidationException
from moto.sagemaker.models import FakeEndpoint, SageMakerModelBackend
from moto.sagemaker.responses import SageMakerResponse

from sandbox.aws.fakes.kept import kept_of
from sandbox.aws.faults import Kind, faults
from sandbox.aws.moto_patches import add, replace

FAKED = (
    "SageMaker UpdateEndpoint: in service at once; with the fault `roll_back` it stays as it was and says why",
    "SageMaker UpdateEndpoint: machines and weights are the configuration's, unless RetainAllVariantProperties",
    "SageMaker UpdateEndpoint: another instance type of a variant that Application Auto Scaling scales is refused",
    "SageMaker CreateEndpoint: with the fault `end_failed` the endpoint is Failed, and can only be deleted",
    "SageMaker UpdateEndpoint, -WeightsAndCapacities and DeleteEndpoint: refused while something else is under way",
    "SageMaker DescribeEndpoint: the deployment configuration that was last asked for, and the shadow's machines",
    "SageMaker CreateEndpoint: one whose configuration or name is already there is refused as AWS does",
)
# API_DescribeEndpoint, EndpointStatus.
_UNDER_WAY = frozenset(("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"))
_FAILED = "Failed"
_DIMENSION = "sagemaker:variant:DesiredInstanceCount"
_RETAINED = {
    "DesiredInstanceCount": ("CurrentInstanceCount", "DesiredInstanceCount"),
    "DesiredWeight": ("CurrentWeight", "DesiredWeight"),
}


def apply() -> None:
    """Put the operations into moto."""
    add(SageMakerResponse, update_endpoint)
    replace(SageMakerResponse, update_endpoint_weights_and_capacities=_update_weights_and_capacities)
    create_endpoint, describe_endpoint = SageMakerModelBackend.create_endpoint, SageMakerModelBackend.describe_endpoint
    delete_endpoint = SageMakerModelBackend.delete_endpoint

    def created(self: Any, endpoint_name: str, endpoint_config_name: str, tags: Any) -> Any:
        if endpoint_name in self.endpoints:
            raise AWSValidationException(f"Cannot create already existing endpoint {_arn(self, endpoint_name)!r}.")
        _configuration(self, endpoint_config_name)
        # moto's own never fail: it types the reason as None.
        endpoint: Any = create_endpoint(self, endpoint_name, endpoint_config_name, tags)
        _serve(self, endpoint, endpoint_config_name)
        fault = faults.take("SageMaker", "CreateEndpoint", Kind.END_FAILED)
        if fault is not None:
            endpoint.endpoint_status, endpoint.failure_reason = _FAILED, fault.reason
        return endpoint

    def described(self: Any, endpoint_name: str) -> dict[str, Any]:
        answer: dict[str, Any] = describe_endpoint(self, endpoint_name)
        deployment = getattr(self.endpoints[endpoint_name], "last_deployment_config", None)
        return {**answer, "LastDeploymentConfig": deployment} if deployment else answer

    def deleted(self: Any, endpoint_name: str) -> None:
        if endpoint_name in self.endpoints:
            _refuse_under_way(self, self.endpoints[endpoint_name])
        delete_endpoint(self, endpoint_name)

    replace(SageMakerModelBackend, create_endpoint=created, describe_endpoint=described, delete_endpoint=deleted)


def update_endpoint(self: SageMakerResponse) -> ActionResult:
    """Answer UpdateEndpoint."""
    backend = self.sagemaker_backend
    endpoint = _changeable(self)
    configuration = _configuration(backend, self._get_param("EndpointConfigName"))
    _refuse_other_machines(backend, endpoint, configuration)
    endpoint.last_modified_time = utcnow()
    endpoint.last_deployment_config = self._get_param("DeploymentConfig")
    fault = faults.take("SageMaker", "UpdateEndpoint", Kind.ROLL_BACK)
    if fault is not None:
        # SageMaker serves on with the old configuration, and the status is as if nothing had been asked for.
        endpoint.endpoint_status, endpoint.failure_reason = "InService", fault.reason
        return ActionResult({"EndpointArn": endpoint.arn})
    before = {variant["VariantName"]: variant for variant in _variants(endpoint)}
    _serve(backend, endpoint, configuration.endpoint_config_name)
    if self._get_param("RetainAllVariantProperties"):
        # API_UpdateEndpoint: "To use the variant properties specified in a new EndpointConfig call when updating an
        # endpoint, set RetainAllVariantProperties to false. The default is false."
        excluded = {one["VariantPropertyType"] for one in self._get_param("ExcludeRetainedVariantProperties") or []}
        for variant in _variants(endpoint):
            _retain(variant, before.get(variant["VariantName"], {}), excluded)
    endpoint.endpoint_status, endpoint.failure_reason = "InService", None
    return ActionResult({"EndpointArn": endpoint.arn})


def _update_weights_and_capacities(self: SageMakerResponse) -> ActionResult:
    """Also of the shadow, which moto does not know."""
    endpoint = _changeable(self)
    known = {variant["VariantName"]: variant for variant in _variants(endpoint)}
    for wanted in self._get_param("DesiredWeightsAndCapacities"):
        name = wanted["VariantName"]
        if name not in known:
            raise AWSValidationException(
                f'The variant name(s) "{name}" is/are not present within endpoint configuration '
                f'"{endpoint.endpoint_config_name}".'
            )
        for kind in ("InstanceCount", "Weight"):
            if f"Desired{kind}" in wanted:
                known[name][f"Current{kind}"] = known[name][f"Desired{kind}"] = wanted[f"Desired{kind}"]
    return ActionResult({"EndpointArn": endpoint.arn})


def _changeable(self: SageMakerResponse) -> Any:
    backend, name = self.sagemaker_backend, self._get_param("EndpointName")
    endpoint = backend.endpoints.get(name)
    if endpoint is None:
        raise AWSValidationException(f"Could not find endpoint {_arn(backend, name)!r}.")
    _refuse_under_way(backend, endpoint)
    if endpoint.endpoint_status == _FAILED:
        # API_DescribeEndpoint, Failed: "DeleteEndpoint is the only operation that can be performed on a failed
        # endpoint."
        raise AWSValidationException(f"Cannot update endpoint {endpoint.arn!r}: its status is {_FAILED}.")
    return endpoint


def _refuse_under_way(backend: Any, endpoint: Any) -> None:
    if endpoint.endpoint_status in _UNDER_WAY:
        raise AWSValidationException(f"Cannot update in-progress endpoint {_arn(backend, endpoint.endpoint_name)!r}.")


def _refuse_other_machines(backend: Any, endpoint: Any, configuration: Any) -> None:
    """Refuse another instance type of a variant that is scaled.

    dg/endpoint-scaling-update: "If the update would change the instance type for any model that is a target for auto
    scaling, the update fails." hashicorp/terraform-provider-aws#14337.
    """
    now = backend.endpoint_configs.get(endpoint.endpoint_config_name)
    types = {one["VariantName"]: one.get("InstanceType") for one in (now.production_variants if now else [])}
    scaled = applicationautoscaling_backends[backend.account_id][backend.region_name].targets.get(_DIMENSION, {})
    for variant in configuration.production_variants:
        name, machine = variant["VariantName"], variant.get("InstanceType")
        if f"endpoint/{endpoint.endpoint_name}/variant/{name}" in scaled and types.get(name, machine) != machine:
            raise AWSValidationException(
                f"The instance type of variant {name} cannot change from {types[name]} to {machine} while the variant "
                "is a scalable target of Application Auto Scaling. Deregister it first."
            )


def _serve(backend: Any, endpoint: Any, configuration_name: str) -> None:
    configuration = _configuration(backend, configuration_name)
    shadows = kept_of(backend, "endpoint_config").get(configuration_name, {}).get("ShadowProductionVariants", [])
    process = endpoint._process_production_variants  # noqa: SLF001 - moto's only place for it
    endpoint.endpoint_config_name = configuration_name
    endpoint.production_variants = process(configuration.production_variants)
    endpoint.shadow_production_variants = process(shadows)
    endpoint.data_capture_config = configuration.data_capture_config


def _variants(endpoint: Any) -> Iterator[dict[str, Any]]:
    yield from endpoint.production_variants
    yield from endpoint.shadow_production_variants


def _retain(variant: dict[str, Any], before: dict[str, Any], excluded: set[str]) -> None:
    for kind, members in _RETAINED.items():
        if kind not in excluded:
            variant.update({member: before[member] for member in members if member in before and member in variant})


def _configuration(backend: Any, name: str) -> Any:
    configuration = backend.endpoint_configs.get(name)
    if configuration is None:
        raise AWSValidationException(f'Could not find endpoint configuration "{name}".')
    return configuration


def _arn(backend: Any, name: str) -> str:
    arn: str = FakeEndpoint.arn_formatter(name, backend.account_id, backend.region_name)
    return arn
