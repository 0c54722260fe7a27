"""Holding a contract against its model: where the one allows a null, the other must have an answer."""

from collections.abc import Sequence

import numpy

from .columns import Columns
from .contract import CONTRACT_FILE_NAME, ContractError, ServingContract
from .matrix import Matrix
from .rows import listed
from .scorer import Batch, Scorer, has_answers

ROWS_TRIED_MAX = 32


def check_nulls(contract: ServingContract, scorer: Scorer, golden: Batch) -> None:
    """Scores golden rows with each nullable feature as null, then with all of them.

    Args:
        contract: What says which features are nullable.
        scorer: The model.
        golden: The golden rows.

    Raises:
        ContractError: The model gives no answer for one of them; every such feature is named.
    """
    rows = _with_fewest_nulls(golden)
    nullable = [feature.name for feature in contract.features if feature.nullable]
    if not has_answers(scorer, rows):
        # No null is to blame, or there is no row without: the golden rows themselves will tell.
        return
    unanswered = [name for name in nullable if not has_answers(scorer, _as_null(rows, contract, [name]))]
    if not unanswered and nullable and not has_answers(scorer, _as_null(rows, contract, nullable)):
        unanswered = nullable
    if unanswered:
        raise ContractError(
            f"{CONTRACT_FILE_NAME}: got no finite number for golden rows with null for {listed(unanswered)}, expected"
            ' one wherever the contract says "nullable": true, fix: make those features "nullable": false, or train a'
            " model that takes missing values"
        )


def null_features(contract: ServingContract, batch: Batch, row: int) -> list[str]:
    """Return the features that are missing in a row."""
    if isinstance(batch, Columns):
        return [name for name in contract.feature_names if batch.values[name][row] is None]
    return [name for name, number in zip(contract.feature_names, batch[row], strict=True) if numpy.isnan(number)]


def _with_fewest_nulls(golden: Batch) -> Batch:
    """Return the first rows with each null replaced by another golden row's value, where one has any."""
    if isinstance(golden, Columns):
        count = min(len(golden), ROWS_TRIED_MAX)
        known = {
            name: next((each for each in column if each is not None), None) for name, column in golden.values.items()
        }
        filled_columns = {
            name: [known[name] if value is None else value for value in column[:count]]
            for name, column in golden.values.items()
        }
        return Columns(filled_columns, count)
    filled: Matrix = golden[:ROWS_TRIED_MAX].copy()
    for column in range(golden.shape[1]):
        numbers = golden[~numpy.isnan(golden[:, column]), column]
        if len(numbers):
            filled[numpy.isnan(filled[:, column]), column] = numbers[0]
    return filled


def _as_null(rows: Batch, contract: ServingContract, names: Sequence[str]) -> Batch:
    if isinstance(rows, Columns):
        return Columns({**rows.values, **{name: [None] * len(rows) for name in names}}, len(rows))
    tried: Matrix = rows.copy()
    tried[:, [contract.feature_names.index(name) for name in names]] = numpy.nan
    return tried
