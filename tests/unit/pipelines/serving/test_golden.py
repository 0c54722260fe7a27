import json
import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from mlops_runtime.serving.contract import ContractError, ModelOutput, ServingContract
from mlops_runtime.serving.golden import GoldenMismatchError, GoldenRows, GoldenScore, load_golden

PREDICTIONS = tuple(float(row) for row in range(16))
ROWS = tuple({"a": row} for row in range(16))
OUTPUTS = (ModelOutput(name="y"),)
GOLDEN = GoldenRows(rows=ROWS, outputs={"y": PREDICTIONS}, tolerance=0.01)
CLASSIFIER = (
    ModelOutput(name="label", kind="label", classes=("late", "on time")),
    ModelOutput(name="probabilities", kind="probabilities", classes=("late", "on time")),
)
CLASSIFIED = {"label": ("late", "on time") * 8, "probabilities": ([0.75, 0.25], [0.125, 0.875]) * 8}


def classifier_golden(**changes: object) -> GoldenRows:
    document = {"rows": ROWS, "outputs": {**CLASSIFIED, **changes}, "tolerance": 0.01}
    return GoldenRows.model_validate_json(json.dumps(document))


def check(answers: Sequence[object]) -> GoldenScore:
    return GOLDEN.check({"y": answers}, OUTPUTS)


def test_the_score_tells_the_worst_difference() -> None:
    answers = list(PREDICTIONS)
    answers[3] += 0.005

    score = check(answers)

    assert score.rows == 16
    assert score.max_absolute_error == pytest.approx(0.005)
    assert score.tolerance == 0.01


def test_a_row_beyond_the_tolerance_is_named() -> None:
    answers = list(PREDICTIONS)
    answers[3] += 0.02
    answers[5] -= 0.5

    with pytest.raises(GoldenMismatchError, match=r"golden row 5: got 4\.5, expected 5\.0 within 0\.01; 2 of 16 rows"):
        check(answers)


@pytest.mark.parametrize("answer", [math.nan, math.inf, -math.inf])
def test_an_answer_that_is_no_number_never_passes(answer: float) -> None:
    with pytest.raises(GoldenMismatchError, match="golden row 0"):
        check([answer, *PREDICTIONS[1:]])


def test_an_answer_missing_is_told() -> None:
    with pytest.raises(GoldenMismatchError, match="got 15 answers, expected 16"):
        check(PREDICTIONS[1:])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"rows": [{"a": 1}]}, "at least 16 items"),
        ({"outputs": {"y": [1.0]}}, "output 'y': got 1 values, expected one for each of 16 rows"),
        ({"tolerance": -1}, "greater than or equal to 0"),
        ({"tolerence": 1}, "tolerence"),
    ],
)
def test_a_golden_file_that_proves_nothing_is_refused(tmp_path: Path, change: dict[str, object], expected: str) -> None:
    document = {**json.loads(GOLDEN.model_dump_json()), **change}
    (tmp_path / "golden.json").write_text(json.dumps(document))

    with pytest.raises(ContractError, match=expected):
        load_golden(tmp_path)


def test_probabilities_are_compared_by_the_tolerance_and_labels_exactly() -> None:
    near = {**CLASSIFIED, "probabilities": [[0.755, 0.245], [0.12, 0.88]] * 8}

    assert classifier_golden().check(near, CLASSIFIER).max_absolute_error == pytest.approx(0.005)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"label": ["late", "late", *CLASSIFIED["label"][2:]]}, "output 'label': golden row 1: got late, expected on"),
        ({"label": [1, *CLASSIFIED["label"][1:]]}, "output 'label': golden row 0: got 1, expected late"),
        ({"probabilities": [[0.25, 0.75], [0.875, 0.125]] * 8}, "output 'probabilities': golden row 1: .*16 of 16"),
        ({"probabilities": [[0.75], [0.125]] * 8}, r"golden row 0: got \[0.75\], expected"),
        ({"probabilities": [[0.75, None], [0.125, 0.875]] * 8}, "golden row 0: got .*None"),
        ({"probabilities": []}, "output 'probabilities': got 0 answers, expected 16"),
    ],
)
def test_another_label_and_classes_in_another_order_never_pass(change: dict[str, object], expected: str) -> None:
    with pytest.raises(GoldenMismatchError, match=expected):
        classifier_golden().check({**CLASSIFIED, **change}, CLASSIFIER)  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"label": ["delayed"] * 16}, "output 'label': row 0: got 'delayed', expected one of 'late', 'on time'"),
        ({"label": [1.5] * 16}, "output 'label': row 0: got '1.5'"),
        ({"probabilities": [[1.0]] * 16}, r"row 0: got '\[1.0\]', expected 2 finite numbers; and 15 more rows"),
        ({"more": [1.0] * 16}, "got outputs label, more, probabilities, expected the contract's: label, prob"),
    ],
)
def test_golden_values_that_are_not_the_contracts_are_refused(change: dict[str, object], expected: str) -> None:
    contract = ServingContract.model_validate({"features": [{"name": "a"}], "outputs": CLASSIFIER})
    classifier_golden().check_contract(contract)

    with pytest.raises(ContractError, match=expected):
        classifier_golden(**change).check_contract(contract)
