import pytest

from mlops_runtime.errors import SettingsError
from mlops_runtime.parameters import parse_parameters
from mlops_runtime.sagemaker.job_settings import settings_of_job
from tests.unit.pipelines.sagemaker.job_steps import GRAPH, JobParameters


def parameters(**variables: str) -> JobParameters:
    settings = settings_of_job(variables, GRAPH)
    return parse_parameters(JobParameters, settings.parameters, "parameters")


def test_parameters_are_taken_one_by_one_over_those_that_come_together() -> None:
    found = parameters(
        MLOPS_PARAMETERS='{"trees": 1, "error": 2.0, "label": "old"}',
        MLOPS_PARAMETER_trees="7",
        MLOPS_PARAMETER_error="0.25",
        MLOPS_PARAMETER_label='say "so"',
        MLOPS_PARAMETER_quick="True",
    )

    assert found == JobParameters(trees=7, error=0.25, label='say "so"', quick=True)


@pytest.mark.parametrize(("text", "expected"), [("7", 7), ("7.0", 7)])
def test_a_whole_number_may_be_written_as_a_number(text: str, expected: int) -> None:
    assert parameters(MLOPS_PARAMETER_trees=text).trees == expected


def test_a_text_may_look_like_a_number_or_be_empty() -> None:
    assert parameters(MLOPS_PARAMETER_label="12").label == "12"
    assert parameters(MLOPS_PARAMETERS='{"label": "old"}', MLOPS_PARAMETER_label="").label == ""


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"MLOPS_PARAMETER_trees": "7.5"}, "parameters.trees: got '7.5'"),
        ({"MLOPS_PARAMETER_trees": "many"}, "parameters.trees: got 'many'"),
        ({"MLOPS_PARAMETER_trees": "inf"}, "parameters.trees"),
        ({"MLOPS_PARAMETER_quick": "yes"}, "parameters.quick: got 'yes'"),
        ({"MLOPS_PARAMETER_leaves": "4"}, "parameters.leaves: got '4', expected one of error, trees"),
        ({"MLOPS_PARAMETERS": "[]"}, "expected a JSON object of parameters by name"),
    ],
)
def test_fails_when_a_parameter_is_not_what_it_should_be(variables: dict[str, str], expected: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parameters(**variables)

    assert expected in str(caught.value)
