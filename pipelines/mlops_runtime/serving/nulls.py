"""Holding a contract against its model: where the one allows a null, the other must have an answer."""

from collections.abc import Iterator

import numpy

from .contract import ONNX_FILE_NAME, ContractError, ServingContract
from .matrix import Matrix, listed
from .scorer import OnnxScorer

ROWS_TRIED_MAX = 32


def check_nulls(contract: ServingContract, scorer: OnnxScorer, golden: Matrix) -> None:
    """Scores golden rows with each nullable feature as null, then with all of them.

    Args:
        contract: What says which features are nullable.
        scorer: The model.
        golden: The golden rows' matrix.

    Raises:
        ContractError: The model gives no finite number for one of them; every such feature is named.
    """
    rows = _with_fewest_nulls(golden[:ROWS_TRIED_MAX], golden)
    nullable = [column for column, feature in enumerate(contract.features) if feature.nullable]
    if not scorer.has_answers(rows):
        # No null is to blame, or there is no row without: the golden rows themselves will tell.
        return
    unanswered = [column for column, tried in _each_as_null(rows, nullable) if not scorer.has_answers(tried)]
    if not unanswered and nullable:
        rows[:, nullable] = numpy.nan
        unanswered = [] if scorer.has_answers(rows) else nullable
    if unanswered:
        names = listed([contract.features[column].name for column in unanswered])
        raise ContractError(
            f"{ONNX_FILE_NAME}: got no finite number for golden rows with null for {names}, expected one wherever the"
            ' contract says "nullable": true, fix: make those features "nullable": false, or train a model that takes'
            " missing values"
        )


def _with_fewest_nulls(rows: Matrix, golden: Matrix) -> Matrix:
    """The rows with each null replaced by another golden row's value, where one has any."""
    filled = rows.copy()
    for column in range(golden.shape[1]):
        known = golden[~numpy.isnan(golden[:, column]), column]
        if len(known):
            filled[numpy.isnan(filled[:, column]), column] = known[0]
    return filled


def _each_as_null(rows: Matrix, columns: list[int]) -> Iterator[tuple[int, Matrix]]:
    for column in columns:
        tried = rows.copy()
        tried[:, column] = numpy.nan
        yield column, tried
