"""Our definition of the flight-delay pipeline beside the one that AWS's own SDK makes. See README.md."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pulumi_mlops.training_pipeline.args import SageMakerTrainingPipelineArgs
from pulumi_mlops.training_pipeline.sagemaker.render import definition
from pulumi_mlops.training_pipeline.sagemaker.settings import resolve
from tests import sagemaker_documents

FOLDER = Path(__file__).parent
ABSENT = "(absent)"

# Everything in which the two differ: where, what we have, what the SDK has, and why. Each must be met with.
DIFFERENCES: list[tuple[str, Any, Any, str]] = [
    (
        r"PipelineExperimentConfig\.(ExperimentName|TrialName)\.Get",
        ABSENT,
        ...,
        "The SDK files executions under SageMaker Experiments; we do not ask for the rights that this needs.",
    ),
    (
        r"Steps\[\w+\]\.Arguments\.(ProcessingInputs|ProcessingOutputConfig\.Outputs)\[\w+\]\.AppManaged",
        ABSENT,
        False,
        "The default of the API, which the SDK writes out.",
    ),
    (
        r"Steps\[train\]\.Arguments\.EnableNetworkIsolation",
        False,
        ABSENT,
        "The default of the API, which we write out for a reviewer, as both do for processing jobs.",
    ),
    (
        r"Steps\[evaluate-gate\]\.Arguments\.IfSteps\[register\]\.Name",
        "register",
        "register-RegisterModel",
        "The SDK adds the kind of step to its name. Ours is the step's name in the graph.",
    ),
    (
        r".*\.IfSteps\[register\]\.Arguments\.InferenceSpecification\.Containers\[0\]\.Environment",
        ABSENT,
        {},
        "The SDK writes out that there is nothing.",
    ),
    (
        r".*\.IfSteps\[register\]\.Arguments\.ModelMetrics\.(Bias|Explainability)",
        ABSENT,
        {},
        "The SDK writes out that there is nothing.",
    ),
    (
        r".*\.IfSteps\[register\]\.Arguments\.SkipModelValidation",
        ABSENT,
        "None",
        "The default of the API, to skip nothing, which the SDK writes out.",
    ),
]


def sdk() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / "definition.json").read_text())
    return document


def ours() -> dict[str, Any]:
    """The definition that the component makes of what `build.py` is given."""
    example = json.loads((FOLDER / "example.json").read_text())
    namespace, _, name = example["name"].partition("-dev-")
    args: Any = {
        "graph": json.loads((FOLDER / "graph.json").read_text()),
        "model_name": example["workload"],
        "workspace_gib": example["volume_gib"],
        "run_timeout_seconds": example["timeout_seconds"],
        "tags": {key: value for key, value in example["tags"].items() if not key.startswith("mlops:")},
        **{key: example[key] for key in ("image", "environment", "gate")},
        "sagemaker": {
            "account_id": example["role_arn"].split(":")[4],
            "region": "eu-west-1",
            "namespace": f"{namespace}-dev",
            "bucket_name": example["bucket"],
            "cache_days": example["cache_days"],
            **{key: example[key] for key in ("model_package_group", "serving_image", "approval", "kms_key_arn")},
            **{key: example[key] for key in ("subnet_ids", "security_group_ids")},
        },
    }
    checked: SageMakerTrainingPipelineArgs = args
    document: dict[str, Any] = json.loads(str(definition(resolve(name, checked))))
    return document


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every value with its path. What has a name stands under its name, whatever the SDK has added to it."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            names = item if isinstance(item, dict) else {}
            name = str(names.get("Name") or names.get("InputName") or names.get("Key") or index)
            yield from leaves(item, f"{path}[{name.removesuffix('-RegisterModel')}]")
    else:
        yield path, value


def differences(one: dict[str, Any], other: dict[str, Any]) -> dict[str, tuple[Any, Any]]:
    left, right = dict(leaves(one)), dict(leaves(other))
    pairs = {path: (left.get(path, ABSENT), right.get(path, ABSENT)) for path in sorted({*left, *right})}
    # True equals 1 in Python, and does not in JSON.
    return {path: pair for path, pair in pairs.items() if json.dumps(pair[0]) != json.dumps(pair[1])}


def explained(path: str, pair: tuple[Any, Any]) -> int | None:
    """Number of the difference that this is one of."""
    for number, (pattern, left, right, _) in enumerate(DIFFERENCES):
        if re.fullmatch(pattern, path) and pair[0] == left and right in (..., pair[1]):
            return number
    return None


def test_differs_from_the_sdks_in_nothing_but_what_is_explained() -> None:
    found = differences(ours(), sdk())
    assert {path: pair for path, pair in found.items() if explained(path, pair) is None} == {}


def test_every_explained_difference_is_there() -> None:
    met = {explained(path, pair) for path, pair in differences(ours(), sdk()).items()}
    assert met == set(range(len(DIFFERENCES)))


def test_the_checks_find_nothing_wrong_with_what_the_sdk_makes() -> None:
    assert sagemaker_documents.problems(sdk()) == []


def test_fails_when_a_step_is_another() -> None:
    changed = ours()
    changed["Steps"][0]["Arguments"]["Environment"]["MLOPS_ENVIRONMENT"] = "prod"
    changed["Steps"][3]["Arguments"]["ResourceConfig"]["InstanceCount"] = True
    found = differences(changed, sdk())
    assert [path for path, pair in found.items() if explained(path, pair) is None] == [
        "Steps[ingest].Arguments.Environment.MLOPS_ENVIRONMENT",
        "Steps[train].Arguments.ResourceConfig.InstanceCount",
    ]
