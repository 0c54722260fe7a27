"""What one run is given from outside: by a pod's environment or by whoever starts it locally."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mlops_runtime.errors import SettingsError
from mlops_runtime.gate import Gate, parse_gate


class Champion(BaseModel):
    """The registered version that serves now: what a new model is held against."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str = Field(pattern=r"[1-9]\d*", coerce_numbers_to_str=True)
    digest: str = Field(pattern="sha256:[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """One run's settings.

    Attributes:
        model_name: The name that the model is registered and the run is filed under.
        run_name: Name of the run. Defaults to the model's name.
        tracking_uri: MLflow's tracking URI. Defaults to none: the run is noted in the workspace alone.
        parameters: Parameter name to value; what is not named keeps the graph's default.
        gate: What the model must reach. Defaults to none but the steps' own checks.
        champion: The version that serves now, if any.
        image: The pinned image that the steps run in, if any.
        code_version: Identity of the code. Defaults to a digest of the graph's package and of this one.
        environment: Such as `dev`. Defaults to `local`.
        allow_code_formats: Formats that the model may be stored in though they run code when they are loaded, such as
            `cloudpickle`. Defaults to none.
        started_by: Who started the run by hand; empty for one by a schedule, or on one's own machine.
    """

    model_name: str
    run_name: str = ""
    tracking_uri: str | None = None
    parameters: Mapping[str, object] = field(default_factory=dict)
    gate: Gate | None = None
    champion: Champion | None = None
    image: str | None = None
    code_version: str | None = None
    environment: str = "local"
    allow_code_formats: tuple[str, ...] = ()
    started_by: str = ""


def settings_from_environment(environment: Mapping[str, str], default_model_name: str) -> RunSettings:
    """Read a pod's MLFLOW_TRACKING_URI and MLOPS_* variables. An empty one counts as absent.

    Raises:
        SettingsError: With every variable that does not hold what it should.
    """
    given = {name: value for name, value in environment.items() if value}
    problems: list[str] = []
    gate: Gate | None = None
    parameters: Mapping[str, object] = {}
    champion: Champion | None = None
    try:
        gate = parse_gate(given["MLOPS_GATE"], "MLOPS_GATE") if "MLOPS_GATE" in given else None
    except SettingsError as error:
        problems.append(str(error))
    try:
        parameters = _parameters(given.get("MLOPS_PARAMETERS", "{}"))
    except ValueError as error:
        problems.append(f"MLOPS_PARAMETERS: got {error}, expected a JSON object of parameters by name")
    try:
        champion = Champion.model_validate_json(given["MLOPS_CHAMPION"]) if "MLOPS_CHAMPION" in given else None
    except ValidationError as error:
        problems.append(
            f'MLOPS_CHAMPION: got {given["MLOPS_CHAMPION"][:200]!r}, expected {{"version": "7", "digest": "sha256:…"}}:'
            f" {'; '.join(problem['msg'] for problem in error.errors())}"
        )
    if problems:
        raise SettingsError("; ".join(problems))
    return RunSettings(
        # Only where it is not the workload's.
        model_name=given.get("MLOPS_MODEL_NAME") or given.get("MLOPS_WORKLOAD", default_model_name),
        run_name=given.get("MLOPS_RUN_NAME", ""),
        tracking_uri=given.get("MLFLOW_TRACKING_URI"),
        parameters=parameters,
        gate=gate,
        champion=champion,
        image=given.get("MLOPS_IMAGE"),
        code_version=given.get("MLOPS_CODE_VERSION"),
        environment=given.get("MLOPS_ENVIRONMENT", "local"),
        allow_code_formats=tuple(given.get("MLOPS_ALLOW_CODE_FORMATS", "").replace(",", " ").split()),
        started_by=given.get("MLOPS_STARTED_BY", ""),
    )


def _parameters(text: str) -> Mapping[str, object]:
    parameters = json.loads(text)
    if not isinstance(parameters, dict):
        raise ValueError(repr(text[:80]))  # noqa: TRY004 - the caller tells of any value that is not right
    return parameters
