"""What a training job is told: which step of which graph it is."""

import json
from dataclasses import dataclass
from pathlib import Path

from mlops_runtime.errors import SettingsError

PLATFORM_PREFIXES = ("_", "sagemaker_")
"""Of hyperparameters that SageMaker adds by itself."""


@dataclass(frozen=True)
class Hyperparameters:
    """The graph as `module:NAME`, and the step's name."""

    graph: str
    step: str


def read_hyperparameters(path: Path) -> Hyperparameters:
    """Read `hyperparameters.json`, whose values are all texts.

    Raises:
        SettingsError: It is not there, is no JSON object, or holds something else; every problem in one message.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path}: got {error}, expected the job's hyperparameters as JSON") from error
    if not isinstance(document, dict):
        raise SettingsError(f"{path}: got {type(document).__name__}, expected an object of hyperparameters")
    own = {name: value for name, value in document.items() if not name.startswith(PLATFORM_PREFIXES)}
    problems = [
        f"hyperparameter {name}: got {own.get(name)!r}, expected {expected}"
        for name, expected in (("graph", "a step graph as module:NAME"), ("step", "a step's name"))
        if not isinstance(own.get(name), str) or not own[name]
    ]
    problems += [
        f"hyperparameter {name}: got {value!r}, expected graph and step alone, fix: use MLOPS_PARAMETERS"
        for name, value in own.items()
        if name not in {"graph", "step"}
    ]
    if problems:
        raise SettingsError(f"{path}: {'; '.join(problems)}")
    return Hyperparameters(graph=own["graph"], step=own["step"])
