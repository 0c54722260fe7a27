"""Checks of a SageMaker pipeline's definition as AWS would make them.

A job's or version's request is held against botocore's own shapes. What has no shape, conditions, property files,
parameters, references, is held against what AWS documents of it.
"""

import re
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

from tests import sagemaker_shapes
from tests.sagemaker_references import (
    TYPES,
    DanglingError,
    Names,
    is_function,
    outputs_of,
    references,
    steps_referred_to,
)

VERSION = "2020-12-01"
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
PARAMETER_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
DURATION = re.compile(r"[Pp](?=.)(\d+[Yy])?(\d+[Mm])?(\d+[Ww])?(\d+[Dd])?([Tt](?=.)(\d+[Hh])?(\d+[Mm])?)?")
# What a step's Arguments are the request of, and the name in it that SageMaker gives itself.
OPERATIONS = {
    "Processing": ("CreateProcessingJob", "ProcessingJobName"),
    "Training": ("CreateTrainingJob", "TrainingJobName"),
    "RegisterModel": ("CreateModelPackage", None),
}
_EVERY_STEP = {"Name", "Type", "Arguments", "DependsOn", "DisplayName", "Description"}
KEYS = {
    "Processing": _EVERY_STEP | {"CacheConfig", "RetryPolicies", "PropertyFiles"},
    "Training": _EVERY_STEP | {"CacheConfig", "RetryPolicies"},
    "RegisterModel": _EVERY_STEP | {"RetryPolicies"},
    "Condition": _EVERY_STEP,
}
_STEP_FAULTS = {"Step.SERVICE_FAULT", "Step.THROTTLING"}
_JOB_FAULTS = {"SageMaker.JOB_INTERNAL_ERROR", "SageMaker.CAPACITY_ERROR", "SageMaker.RESOURCE_LIMIT"}
COMPARISONS = {"LessThan", "LessThanOrEqualTo", "GreaterThan", "GreaterThanOrEqualTo"}


def problems(definition: Mapping[str, Any]) -> list[str]:
    """Everything that AWS would refuse of a definition, or that would fail each run of it."""
    unknown = set(definition) - {"Version", "Metadata", "Parameters", "Steps", "PipelineExperimentConfig"}
    found = [f"{key}: an unknown key" for key in sorted(unknown)]
    if definition.get("Version") != VERSION:
        found.append(f"Version: {definition.get('Version')!r} is not {VERSION}")
    parameters = definition.get("Parameters", [])
    for index, parameter in enumerate(parameters):
        found += [f"Parameters[{index}]: {problem}" for problem in _parameter_problems(parameter)]
    found += _twice("parameter", [parameter.get("Name") for parameter in parameters])
    placed = list(every_step(definition))
    found += _twice("step", [step.get("Name") for step, _ in placed])
    names = Names(
        {parameter["Name"]: parameter["Type"] for parameter in parameters if parameter.get("Type") in TYPES},
        {step["Name"]: step for step, _ in placed},
    )
    for step, container in placed:
        found += [
            f"{step['Name']}{problem}" for problem in _step_problems(step, names, is_nested=container is not None)
        ]
    return found + list(_order_problems(placed))


def every_step(
    definition: Mapping[str, Any], *, within: str | None = None
) -> Iterator[tuple[Mapping[str, Any], str | None]]:
    """Every step with the condition that it stands under, if it does."""
    for step in definition.get("Steps", []):
        yield step, within
        if step.get("Type") == "Condition":
            arguments = step.get("Arguments", {})
            for branch in ("IfSteps", "ElseSteps"):
                yield from every_step({"Steps": arguments.get(branch, [])}, within=step["Name"])


def _twice(what: str, names: list[Any]) -> list[str]:
    return [f"{name}: {what} {name} is there twice" for name in dict.fromkeys(names) if names.count(name) > 1]


def _parameter_problems(parameter: Mapping[str, Any]) -> Iterator[str]:
    for key in sorted(set(parameter) - {"Name", "Type", "DefaultValue", "EnumValues"}):
        yield f"{key} is an unknown key"
    if not PARAMETER_NAME.fullmatch(str(parameter.get("Name", ""))):
        yield f"{parameter.get('Name')!r} is no name"
    kind = parameter.get("Type")
    if kind not in TYPES:
        yield f"{kind!r} is none of the types {', '.join(TYPES)}"
        return
    default = parameter.get("DefaultValue")
    if default is not None and _type_of_plain(default) != TYPES[kind]:
        yield f"{default!r} is not {TYPES[kind]}"
    choices = parameter.get("EnumValues")
    if choices is not None and (kind != "String" or default not in choices):
        yield f"EnumValues {choices} do not go with {kind} {default!r}"


def _type_of_plain(value: object) -> str:
    if isinstance(value, bool):
        return TYPES["Boolean"]
    names: dict[type, str] = {str: "String", int: "Integer", float: "Float"}
    return TYPES.get(names.get(type(value), ""), "a single value")


def _step_problems(step: Mapping[str, Any], names: Names, *, is_nested: bool) -> Iterator[str]:
    kind = step.get("Type")
    if kind not in KEYS:
        yield f": {kind!r} is no type of step that is known here"
        return
    for key in sorted(set(step) - KEYS[kind]):
        yield f".{key}: a step of type {kind} has no such key"
    if not NAME.fullmatch(str(step["Name"])):
        yield ": is no name of a step"
    if kind == "Condition":
        if is_nested:
            yield ": a condition cannot stand under another"
        yield from _condition_problems(step, names)
    else:
        yield from _argument_problems(step, names)
    yield from _cache_problems(step)
    yield from _retry_problems(step)
    for file in step.get("PropertyFiles", []):
        if set(file) != {"PropertyFileName", "OutputName", "FilePath"} or str(file.get("FilePath")).startswith("/"):
            yield f".PropertyFiles: {file} lacks a name, an output, or a path within it"
        if file.get("OutputName") not in outputs_of(step):
            yield f".PropertyFiles: {file.get('OutputName')} is no output of the step"


def _argument_problems(step: Mapping[str, Any], names: Names) -> Iterator[str]:
    operation, given_by_sagemaker = OPERATIONS[step["Type"]]
    shape = sagemaker_shapes.request_shape(operation)
    found: list[str] = []
    request = _filled_in(step.get("Arguments", {}), shape, names, ".Arguments", found)
    if given_by_sagemaker:
        request.setdefault(given_by_sagemaker, "given-by-sagemaker")
    if step["Type"] == "RegisterModel" and "ModelPackageGroupName" in request and "Tags" in request:
        found.append(".Arguments.Tags: a version has the tags of its group")
    if step["Type"] == "Training":
        found += _spot_problems(step.get("Arguments", {}))
        if "CheckpointConfig" in request and step.get("CacheConfig", {}).get("Enabled"):
            # pipelines-default-keys; a location of one execution is another in the next.
            found.append(".CacheConfig: with a CheckpointConfig of its execution the step is never reused")
    yield from found
    yield from sagemaker_shapes.problems(shape, request, ".Arguments")


def _spot_problems(arguments: Mapping[str, Any]) -> Iterator[str]:
    """API_StoppingCondition, MaxWaitTimeInSeconds: "equal to or greater than MaxRuntimeInSeconds", for spot jobs."""
    stopping = arguments.get("StoppingCondition", {})
    waits, runs = stopping.get("MaxWaitTimeInSeconds"), stopping.get("MaxRuntimeInSeconds", 0)
    if arguments.get("EnableManagedSpotTraining") and (waits is None or waits < runs):
        yield f".Arguments.StoppingCondition: a spot job that may run {runs} seconds waits {waits}"
    if waits is not None and not arguments.get("EnableManagedSpotTraining"):
        yield ".Arguments.StoppingCondition: a job on demand does not wait"


def _filled_in(value: Any, shape: Any, names: Names, path: str, found: list[str]) -> Any:
    """The value with what SageMaker fills in replaced by something of the right type; adds what cannot be."""
    if is_function(value):
        try:
            kind = names.type_of(value)
        except DanglingError as problem:
            found.append(f"{path}: {problem}")
        else:
            expected = None if shape is None else sagemaker_shapes.sample(shape)
            if kind == "text" and shape is not None and not isinstance(expected, str):
                found.append(f"{path}: {value} is text, and {shape.type_name} is expected")
            elif kind not in (None, "text") and isinstance(expected, str):
                found.append(f"{path}: {value} is {kind}, and text is expected: join it")
        return sagemaker_shapes.sample(shape)
    if isinstance(value, Mapping):
        members = _members(shape, value)
        return {key: _filled_in(item, members.get(key), names, f"{path}.{key}", found) for key, item in value.items()}
    if isinstance(value, list):
        member = shape.member if shape is not None and shape.type_name == "list" else None
        return [_filled_in(item, member, names, f"{path}[{index}]", found) for index, item in enumerate(value)]
    return value


def _members(shape: Any, value: Mapping[str, Any]) -> Mapping[str, Any]:
    match shape.type_name if shape is not None else None:
        case "structure":
            members: Mapping[str, Any] = shape.members
            return members
        case "map":
            return dict.fromkeys(value, shape.value)
        case _:
            return {}


def _condition_problems(step: Mapping[str, Any], names: Names) -> Iterator[str]:
    arguments = step.get("Arguments", {})
    if set(arguments) != {"Conditions", "IfSteps", "ElseSteps"}:
        yield f".Arguments: {', '.join(arguments)} are not Conditions, IfSteps and ElseSteps"
        return
    if not arguments["Conditions"]:
        yield ".Arguments.Conditions: there is none"
    if not arguments["IfSteps"] and not arguments["ElseSteps"]:
        yield ".Arguments: nothing depends on the condition"
    for index, condition in enumerate(arguments["Conditions"]):
        path = f".Arguments.Conditions[{index}]"
        kind = condition.get("Type")
        if kind not in {"Equals", *COMPARISONS}:
            yield f"{path}: {kind!r} is no condition that is known here"
        elif set(condition) != {"Type", "LeftValue", "RightValue"}:
            yield f"{path}: {', '.join(condition)} are not Type, LeftValue and RightValue"
        else:
            sides = [condition["LeftValue"], condition["RightValue"]]
            if not any(map(is_function, sides)):
                yield f"{path}: its outcome is known beforehand"
            for side in sides:
                yield from (f"{path}: {problem}" for problem in _side_problems(side, kind, names))


def _side_problems(side: Any, kind: str, names: Names) -> Iterator[str]:
    try:
        type_name = names.type_of(side) if is_function(side) else _type_of_plain(side)
    except DanglingError as problem:
        yield str(problem)
        return
    if type_name == "a single value":
        yield f"{side!r} is not a single value"
    elif kind in COMPARISONS and type_name not in (None, "a number", "a whole number"):
        yield f"{side!r} cannot be compared as a number"


def _cache_problems(step: Mapping[str, Any]) -> Iterator[str]:
    cache = step.get("CacheConfig")
    if cache is None:
        return
    if set(cache) != {"Enabled", "ExpireAfter"} or not isinstance(cache["Enabled"], bool):
        yield f".CacheConfig: {cache} is not Enabled and ExpireAfter"
    elif not DURATION.fullmatch(str(cache["ExpireAfter"])):
        yield f".CacheConfig.ExpireAfter: {cache['ExpireAfter']!r} is no duration"
    if cache.get("Enabled") and any(path.startswith("Execution.") for path in references(_cache_key(step))):
        yield ".CacheConfig: the step is never reused, as it knows its execution"


def _cache_key(step: Mapping[str, Any]) -> list[Any]:
    keys = ["AppSpecification", "Environment", "ProcessingInputs"]
    if step["Type"] == "Training":
        keys = ["AlgorithmSpecification", "Environment", "HyperParameters", "InputDataConfig"]
    return [step.get("Arguments", {}).get(key) for key in keys]


def _retry_problems(step: Mapping[str, Any]) -> Iterator[str]:
    allowed = _STEP_FAULTS if step["Type"] == "RegisterModel" else _STEP_FAULTS | _JOB_FAULTS
    policies = step.get("RetryPolicies", [])
    faults = [fault for policy in policies for fault in policy.get("ExceptionType", [])]
    yield from (f".RetryPolicies{problem}" for problem in _twice("fault", faults))
    for index, policy in enumerate(policies):
        path = f".RetryPolicies[{index}]"
        if set(policy) - {"ExceptionType", "IntervalSeconds", "BackoffRate", "MaxAttempts", "ExpireAfterMin"}:
            yield f"{path}: {', '.join(policy)} has an unknown key"
        if not policy.get("ExceptionType") or set(policy["ExceptionType"]) - allowed:
            yield f"{path}: {policy.get('ExceptionType')} are not among {', '.join(sorted(allowed))}"
        if ("MaxAttempts" in policy) == ("ExpireAfterMin" in policy):
            yield f"{path}: expected one of MaxAttempts and ExpireAfterMin"
        if not 1 <= policy.get("MaxAttempts", 1) <= 20:
            yield f"{path}.MaxAttempts: {policy['MaxAttempts']} is not between 1 and 20"
        if policy.get("BackoffRate", 1) < 1 or policy.get("IntervalSeconds", 1) < 1:
            yield f"{path}: the pauses shrink or are none"


def _order_problems(placed: list[tuple[Mapping[str, Any], str | None]]) -> Iterator[str]:
    """References and DependsOn must name steps that are there, that are sure to have run, and not in a circle."""
    container = {step["Name"]: within for step, within in placed}
    needs: dict[str, set[str]] = {}
    for step, within in placed:
        name, arguments = step["Name"], step.get("Arguments", {})
        own = arguments.get("Conditions") if step.get("Type") == "Condition" else arguments
        needed = set(step.get("DependsOn", []))
        yield from (f"{name}.DependsOn: there is no step {other}" for other in sorted(needed - set(container)))
        needed |= steps_referred_to(own)
        needed &= set(container)
        for other in sorted(needed):
            if container[other] not in (None, within):
                yield f"{name}: step {other} stands under condition {container[other]} and may not have run"
        needs[name] = needed | ({within} if within else set())
    try:
        TopologicalSorter(needs).prepare()
    except CycleError as error:
        yield f"Steps: each waits for the next: {' -> '.join(error.args[1])}"
