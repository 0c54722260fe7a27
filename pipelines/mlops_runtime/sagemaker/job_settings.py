"""What a job is given by its environment: what a pod's step is given, within what SageMaker allows."""

from collections.abc import Mapping
from dataclasses import replace

from mlops_runtime.errors import SettingsError
from mlops_runtime.graph import StepGraph
from mlops_runtime.parameters import describe_parameters
from mlops_runtime.settings import RunSettings, settings_from_environment

PARAMETER_PREFIX = "MLOPS_PARAMETER_"


def settings_of_job(environment: Mapping[str, str], graph: StepGraph) -> RunSettings:
    """Read the MLOPS_* variables of a pod's step, and parameters one by one from MLOPS_PARAMETER_<name>.

    A variable of a processing job holds 256 characters at most, which all parameters together may exceed; and a single
    one needs no quoting when an execution's own value takes its place.

    Raises:
        SettingsError: A variable does not hold what it should, or asks for a tracking server.
    """
    settings = settings_from_environment(environment, graph.name)
    if settings.tracking_uri is not None:
        raise SettingsError(
            f"MLFLOW_TRACKING_URI: got {settings.tracking_uri!r}, expected none: on SageMaker the jobs' outputs"
            " record a run, and a model package records its model, fix: remove the variable"
        )
    kinds = {name: schema.get("type") for name, schema in describe_parameters(graph.parameters).items()}
    given = {
        name.removeprefix(PARAMETER_PREFIX): text
        for name, text in environment.items()
        if name.startswith(PARAMETER_PREFIX)
    }
    values = {name: _value(text, kinds.get(name)) for name, text in given.items()}
    return replace(settings, parameters={**settings.parameters, **values})


def _value(text: str, kind: object) -> object:
    """Return the text as a parameter of that kind, or as it is: what is none, the parameters' own check tells."""
    try:
        if kind == "integer":
            number = float(text)
            return int(number) if number.is_integer() else number
        if kind == "number":
            return float(text)
        if kind == "boolean":
            return {"true": True, "false": False}[text.lower()]
    except (ValueError, KeyError, OverflowError):
        return text
    return text
