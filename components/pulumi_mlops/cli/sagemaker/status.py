"""`mlops status` of workloads on SageMaker."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pulumi_mlops._shared.aws import client as aws
from pulumi_mlops._shared.aws.client import AwsError, MissingError
from pulumi_mlops._shared.names import MODEL_DIGEST_VARIABLE, MODEL_VERSION_VARIABLE
from pulumi_mlops.cli.sagemaker import packages
from pulumi_mlops.cli.sagemaker.names import Names, names_of
from pulumi_mlops.cli.stacks import Place
from pulumi_mlops.cli.workload_status import Health, Known, Version, WorkloadStatus, unlike_the_pin

IN_SERVICE = "InService"
Value = TypeVar("Value")


def workload_status(place: Place) -> WorkloadStatus:
    """Ask AWS how a workload stands. Whatever gives no answer becomes the problem of its own cell."""
    names = names_of(place)
    pin = place.config.workloads[place.workload].model
    pinned = Known(Version(pin.version, pin.digest) if pin is not None else None)
    registered = _asked(lambda: _registered(names))
    endpoint = _asked(lambda: _endpoint(names))
    serving = _serving(names, endpoint)
    healthy = judge_health(pinned.value, serving, endpoint)
    return WorkloadStatus(place.stack, place.workload, pinned, registered, serving, healthy)


def serving_version(place: Place) -> Known[Version]:
    """Ask AWS which version an endpoint serves; nothing where there is no endpoint. Nothing is raised."""
    names = names_of(place)
    endpoint = _asked(lambda: _endpoint(names))
    return Known(problem=endpoint.problem) if endpoint.problem is not None else _serving(names, endpoint)


def judge_health(pinned: Version | None, serving: Known[Version], endpoint: Known[Mapping[str, Any]]) -> Known[Health]:
    """Say whether what is pinned is what serves.

    Args:
        pinned: The version in the stack file.
        serving: The version that the endpoint's configuration has.
        endpoint: What AWS says of the endpoint; nothing where there is none.
    """
    problem = endpoint.problem or serving.problem
    if problem is not None:
        return Known(problem=problem)
    described = endpoint.value
    # Why the last update failed, where it has left the endpoint in service as it was: "If the status of the endpoint is
    # Failed, or the status is InService but update operation fails, this provides the reason why it failed."
    # https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_DescribeEndpoint.html
    failure = described.get("FailureReason") if described is not None else None
    why = f" ({failure})" if failure else ""
    other = unlike_the_pin(pinned, None if described is None else serving.value, why)
    if described is None or other is not None:
        return Known(other)
    status = described["EndpointStatus"]
    if status != IN_SERVICE:
        return Known(Health(f"no: {status}{why}", is_healthy=False))
    if why:
        return Known(Health(f"no: the last update failed{why}", is_healthy=False))
    counts = [variant.get("CurrentInstanceCount") for variant in described.get("ProductionVariants", [])]
    machines = sum(count for count in counts if count)
    return Known(Health(f"yes ({machines} in service)" if machines else "yes", is_healthy=True))


def _asked(question: Callable[[], Value | None]) -> Known[Value]:
    try:
        return Known(question())
    except AwsError as error:
        return Known(problem=str(error))


def _registered(names: Names) -> Version | None:
    package = packages.newest(names)
    return None if package is None else Version(int(package.version), package.digest)


def _endpoint(names: Names) -> Mapping[str, Any] | None:
    try:
        return aws.ask(aws.client("sagemaker", names.region), "describe_endpoint", EndpointName=names.endpoint)
    except MissingError:
        return None


def _serving(names: Names, endpoint: Known[Mapping[str, Any]]) -> Known[Version]:
    described = endpoint.value
    if described is None:
        return Known()
    return _asked(lambda: _version(names, described))


def _version(names: Names, endpoint: Mapping[str, Any]) -> Version:
    """Return what the configuration in service serves: its model's container is told, and refuses anything else."""
    service = aws.client("sagemaker", names.region)
    configuration = aws.ask(service, "describe_endpoint_config", EndpointConfigName=endpoint["EndpointConfigName"])
    model = aws.ask(service, "describe_model", ModelName=configuration["ProductionVariants"][0]["ModelName"])
    variables = (model.get("PrimaryContainer") or {}).get("Environment") or {}
    if not str(variables.get(MODEL_VERSION_VARIABLE, "")).isdecimal():
        raise AwsError(
            f"model {model['ModelName']}: got no {MODEL_VERSION_VARIABLE}, expected a model of this project, "
            "fix: bring the stack up again, which deploys the version that is pinned"
        )
    return Version(int(variables[MODEL_VERSION_VARIABLE]), str(variables.get(MODEL_DIGEST_VARIABLE, "")))
