import pytest

from flight_delay.graph import FlightDelayParameters
from mlops_runtime.errors import SettingsError
from mlops_runtime.gate import Gate
from mlops_runtime.parameters import parse_parameters
from mlops_runtime.settings import Champion, settings_from_environment


def test_a_pods_environment_is_read_whole() -> None:
    settings = settings_from_environment(
        {
            "MLFLOW_TRACKING_URI": "http://mlflow:5000",
            "MLOPS_RUN_NAME": "flight-delay-pipeline-1",
            "MLOPS_WORKLOAD": "flight-delay",
            "MLOPS_PARAMETERS": '{"horizon_days": 7}',
            "MLOPS_GATE": '{"metric": "mae_minutes", "max": 13.0}',
            "MLOPS_IMAGE": "pipeline@sha256:1",
            "MLOPS_CODE_VERSION": "0123",
            "MLOPS_ENVIRONMENT": "dev",
            "MLOPS_STARTED_BY": "ada",
            "MLOPS_CHAMPION": f'{{"version": 7, "digest": "sha256:{"a" * 64}"}}',
        },
        "graph",
    )

    assert settings.started_by == "ada"
    assert settings.tracking_uri == "http://mlflow:5000"
    assert (settings.model_name, settings.run_name) == ("flight-delay", "flight-delay-pipeline-1")
    assert settings.parameters == {"horizon_days": 7}
    assert settings.gate == Gate(metric="mae_minutes", max=13.0)
    assert settings.champion == Champion(version="7", digest=f"sha256:{'a' * 64}")
    assert (settings.image, settings.code_version, settings.environment) == ("pipeline@sha256:1", "0123", "dev")


def test_without_variables_a_run_is_local_and_named_after_the_graph() -> None:
    settings = settings_from_environment({"MLOPS_GATE": "", "MLOPS_CODE_VERSION": ""}, "flight-delay")

    assert (settings.model_name, settings.environment, settings.tracking_uri) == ("flight-delay", "local", None)
    assert settings.gate is None
    assert settings.started_by == ""
    assert settings.code_version is None  # the digest of the code is recorded


def test_a_model_may_have_another_name_than_its_workload() -> None:
    variables = {"MLOPS_WORKLOAD": "arrival-delay", "MLOPS_MODEL_NAME": "flight-delay"}
    assert settings_from_environment(variables, "graph").model_name == "flight-delay"


def test_every_wrong_variable_is_told_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        settings_from_environment(
            {"MLOPS_GATE": "13", "MLOPS_PARAMETERS": "[]", "MLOPS_CHAMPION": '{"version": "latest", "digest": "x"}'},
            "g",
        )

    for name in ("MLOPS_GATE: ", "MLOPS_PARAMETERS: ", "MLOPS_CHAMPION: "):
        assert name in str(caught.value)


def test_every_wrong_parameter_is_told_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        parse_parameters(
            FlightDelayParameters, {"horizon": 7, "horizon_days": "7", "iterations": 0, "train_until": "2014-01"}, "run"
        )

    for part in ("run.horizon: ", "run.horizon_days: got '7'", "run.iterations: got '0'", "run.train_until: "):
        assert part in str(caught.value)


@pytest.mark.parametrize("until", ["2013-01", "2013-12"])
def test_fails_when_no_month_is_left_to_train_or_evaluate_on(until: str) -> None:
    with pytest.raises(SettingsError, match=r"got train_(from|until) 2013-.., expected"):
        parse_parameters(FlightDelayParameters, {"train_from": "2013-02", "train_until": until}, "run")
