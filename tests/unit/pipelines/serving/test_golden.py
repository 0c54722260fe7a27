import json
import math
from pathlib import Path

import pytest

from mlops_runtime.serving.contract import ContractError
from mlops_runtime.serving.golden import GoldenMismatchError, GoldenRows, load_golden

PREDICTIONS = tuple(float(row) for row in range(16))
GOLDEN = GoldenRows(rows=tuple({"a": row} for row in range(16)), predictions=PREDICTIONS, tolerance=0.01)


def test_the_score_tells_the_worst_difference() -> None:
    answers = list(PREDICTIONS)
    answers[3] += 0.005

    score = GOLDEN.check(answers)

    assert score.rows == 16
    assert score.max_absolute_error == pytest.approx(0.005)
    assert score.tolerance == 0.01


def test_a_row_beyond_the_tolerance_is_named() -> None:
    answers = list(PREDICTIONS)
    answers[3] += 0.02
    answers[5] -= 0.5

    with pytest.raises(GoldenMismatchError, match=r"golden row 5: got 4\.5, expected 5\.0 within 0\.01; 2 of 16 rows"):
        GOLDEN.check(answers)


@pytest.mark.parametrize("answer", [math.nan, math.inf, -math.inf])
def test_an_answer_that_is_no_number_never_passes(answer: float) -> None:
    with pytest.raises(GoldenMismatchError, match="golden row 0"):
        GOLDEN.check([answer, *PREDICTIONS[1:]])


def test_an_answer_missing_is_told() -> None:
    with pytest.raises(GoldenMismatchError, match="got 15 answers, expected 16"):
        GOLDEN.check(PREDICTIONS[1:])


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"rows": [{"a": 1}]}, "at least 16 items"),
        ({"predictions": [1.0]}, "got 1 predictions, expected one for each of 16 rows"),
        ({"tolerance": -1}, "greater than or equal to 0"),
        ({"tolerence": 1}, "tolerence"),
    ],
)
def test_a_golden_file_that_proves_nothing_is_refused(tmp_path: Path, change: dict[str, object], expected: str) -> None:
    document = {**json.loads(GOLDEN.model_dump_json()), **change}
    (tmp_path / "golden.json").write_text(json.dumps(document))

    with pytest.raises(ContractError, match=expected):
        load_golden(tmp_path)
