"""What SageMaker keeps of a creation, and moto drops; and names that are taken."""

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.sagemaker.exceptions import AWSValidationException
from moto.sagemaker.responses import SageMakerResponse

from sandbox.aws.moto_patches import replace

FAKED = (
    "SageMaker CreateModel and DescribeModel: EnableNetworkIsolation and InferenceExecutionConfig are kept",
    "SageMaker CreateEndpointConfig and DescribeEndpointConfig: ShadowProductionVariants and ExecutionRoleArn are kept",
    "SageMaker CreateEndpoint: the deployment configuration is shown as the last one",
    "SageMaker CreateModel and CreateEndpointConfig: a name that is taken is refused; moto replaces what has it",
    "SageMaker UpdatePipeline: a description is emptied; moto leaves it as it was",
)

_KEPT = {
    "model": ("ModelName", ("EnableNetworkIsolation", "InferenceExecutionConfig")),
    "endpoint_config": ("EndpointConfigName", ("ShadowProductionVariants", "ExecutionRoleArn")),
}
_TAKEN = {"model": "model", "endpoint_config": "endpoint configuration"}


def apply() -> None:
    """Put it into moto."""
    for kind, (name, members) in _KEPT.items():
        create, describe = getattr(SageMakerResponse, f"create_{kind}"), getattr(SageMakerResponse, f"describe_{kind}")
        delete = getattr(SageMakerResponse, f"delete_{kind}")
        around = {
            f"create_{kind}": _keeping(create, kind, name, members),
            f"describe_{kind}": _with_kept(describe, kind, name),
            f"delete_{kind}": _forgetting(delete, kind, name),
        }
        replace(SageMakerResponse, **around)
    replace(
        SageMakerResponse,
        create_endpoint=_with_deployment(SageMakerResponse.create_endpoint),
        update_pipeline=_emptying(SageMakerResponse.update_pipeline),
    )


def _keeping(
    create: Callable[[Any], ActionResult], kind: str, name: str, members: tuple[str, ...]
) -> Callable[[Any], ActionResult]:
    def created(self: Any) -> ActionResult:
        called, store = self._get_param(name), _store(self, kind)
        if called in store:
            raise AWSValidationException(f'Cannot create already existing {_TAKEN[kind]} "{called}".')
        answer = create(self)
        given = {member: self._get_param(member) for member in members}
        store[called] = {member: value for member, value in given.items() if value is not None}
        return answer

    return created


def _with_kept(describe: Callable[[Any], ActionResult], kind: str, name: str) -> Callable[[Any], ActionResult]:
    def described(self: Any) -> ActionResult:
        answer = describe(self)
        kept = _store(self, kind).get(self._get_param(name), {})
        return ActionResult({**answer.result, **kept}) if isinstance(answer.result, dict) else answer

    return described


def _forgetting(delete: Callable[[Any], ActionResult], kind: str, name: str) -> Callable[[Any], ActionResult]:
    def deleted(self: Any) -> ActionResult:
        answer = delete(self)
        _store(self, kind).pop(self._get_param(name), None)
        return answer

    return deleted


def _with_deployment(create: Callable[[Any], ActionResult]) -> Callable[[Any], ActionResult]:
    def created(self: Any) -> ActionResult:
        answer = create(self)
        endpoint = self.sagemaker_backend.endpoints[self._get_param("EndpointName")]
        endpoint.last_deployment_config = self._get_param("DeploymentConfig")
        return answer

    return created


def _emptying(update: Callable[[Any], ActionResult]) -> Callable[[Any], ActionResult]:
    def updated(self: Any) -> ActionResult:
        answer = update(self)
        if self._get_param("PipelineDescription") == "":
            self.sagemaker_backend.pipelines[self._get_param("PipelineName")].pipeline_description = None
        return answer

    return updated


def _store(response: Any, kind: str) -> dict[str, Any]:
    return kept_of(response.sagemaker_backend, kind)


def kept_of(backend: Any, kind: str) -> dict[str, Any]:
    """Return what is kept for one account and region, by name, which goes when moto is reset.

    Args:
        backend: moto's, of that account and region.
        kind: `model` or `endpoint_config`.
    """
    kept: dict[str, Any] = backend.__dict__.setdefault("_offline_kept", {})
    found: dict[str, Any] = kept.setdefault(kind, {})
    return found
