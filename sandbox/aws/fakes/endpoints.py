"""UpdateEndpoint, and how an update ends that SageMaker turns back."""

from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.sagemaker.exceptions import AWSValidationException
from moto.sagemaker.models import FakeEndpoint, SageMakerModelBackend
from moto.sagemaker.responses import SageMakerResponse

from sandbox.aws.faults import Kind, faults

FAKED = (
    "SageMaker UpdateEndpoint: in service at once; with the fault `roll_back` it stays as it was and says why",
    "SageMaker DescribeEndpoint: the deployment configuration that was last asked for",
    "SageMaker CreateEndpoint: one whose configuration or name is already there is refused as AWS does",
)


def apply() -> None:
    """Put the operations into moto."""
    SageMakerResponse.update_endpoint = _update_endpoint
    create_endpoint, describe_endpoint = SageMakerModelBackend.create_endpoint, SageMakerModelBackend.describe_endpoint

    def created(self: Any, endpoint_name: str, endpoint_config_name: str, tags: Any) -> FakeEndpoint:
        if endpoint_name in self.endpoints:
            raise AWSValidationException(f"Cannot create already existing endpoint {_arn(self, endpoint_name)!r}.")
        _configuration(self, endpoint_config_name)
        return create_endpoint(self, endpoint_name, endpoint_config_name, tags)

    def described(self: Any, endpoint_name: str) -> dict[str, Any]:
        answer: dict[str, Any] = describe_endpoint(self, endpoint_name)
        deployment = getattr(self.endpoints[endpoint_name], "last_deployment_config", None)
        return {**answer, "LastDeploymentConfig": deployment} if deployment else answer

    SageMakerModelBackend.create_endpoint = created
    SageMakerModelBackend.describe_endpoint = described


def _update_endpoint(self: SageMakerResponse) -> ActionResult:
    backend, name = self.sagemaker_backend, self._get_param("EndpointName")
    endpoint = backend.endpoints.get(name)
    if endpoint is None:
        raise AWSValidationException(f"Could not find endpoint {_arn(backend, name)!r}.")
    configuration = _configuration(backend, self._get_param("EndpointConfigName"))
    endpoint.last_modified_time = utcnow()
    endpoint.last_deployment_config = self._get_param("DeploymentConfig")
    fault = faults.take("SageMaker", "UpdateEndpoint", Kind.ROLL_BACK)
    if fault is not None:
        # SageMaker serves on with the old configuration, and the status is as if nothing had been asked for.
        endpoint.endpoint_status, endpoint.failure_reason = "InService", fault.reason
        return ActionResult({"EndpointArn": endpoint.arn})
    endpoint.endpoint_config_name = configuration.endpoint_config_name
    endpoint.production_variants = endpoint._process_production_variants(configuration.production_variants)  # noqa: SLF001
    endpoint.data_capture_config = configuration.data_capture_config
    endpoint.endpoint_status, endpoint.failure_reason = "InService", None
    return ActionResult({"EndpointArn": endpoint.arn})


def _configuration(backend: Any, name: str) -> Any:
    configuration = backend.endpoint_configs.get(name)
    if configuration is None:
        raise AWSValidationException(f'Could not find endpoint configuration "{name}".')
    return configuration


def _arn(backend: Any, name: str) -> str:
    arn: str = FakeEndpoint.arn_formatter(name, backend.account_id, backend.region_name)
    return arn
