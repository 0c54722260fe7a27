"""Step `validate`: what nothing can be learned from stops here, with every reason at once."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from mlops_runtime.errors import StepError
from mlops_runtime.supervised.context import Context, learning_of, read_table, write_table
from mlops_runtime.supervised.learning import Learning
from mlops_runtime.supervised.split import split_of

ROWS_LEAST = 20
CLASS_ROWS_LEAST = 2
ROWS_NAMED = 5


def validate(context: Context) -> None:
    """Hands on the table that it was given, once that is found good.

    Raises:
        StepError: It is not; every problem is named.
    """
    learning = learning_of(context)
    table = read_table(context.input("ingest"))
    problems = list(problems_of(table, learning)) or list(problems_of_split(table, learning, context))
    if problems:
        raise StepError(f"invalid data: {'; '.join(problems)}")
    write_table(table, context.output)
    context.log_metrics({"rows": len(table)})
    context.message = f"{len(table)} rows of {len(table.columns) - len(learning.not_features)} features are as expected"


def problems_of(table: pd.DataFrame, learning: Learning) -> Iterator[str]:
    """Yield what a table has wrong as something to learn from."""
    absent = [name for name in learning.not_features if name not in table.columns]
    if absent:
        yield f"got no column {', '.join(absent)}, expected it among {', '.join(table.columns)}"
        return
    if len(table) < ROWS_LEAST:
        yield f"got {len(table)} rows, expected at least {ROWS_LEAST}"
        return
    features = table.drop(columns=list(learning.not_features))
    if features.columns.empty:
        yield "got no column beside those that are no features, expected at least one feature"
    yield from _target_problems(table[learning.target], learning)
    for name in learning.not_features[1:]:
        if table[name].isna().any():
            yield f"column {name}: got no value in {_rows(table[name].isna())}, expected one in every row"
    if learning.time_column and not pd.api.types.is_datetime64_any_dtype(table[learning.time_column]):
        kind = table[learning.time_column].dtype
        yield f"column {learning.time_column}: got {kind}, expected times, fix: pandas.to_datetime"
    for feature, column in features.items():
        yield from _feature_problems(str(feature), column)


def problems_of_split(table: pd.DataFrame, learning: Learning, context: Context) -> Iterator[str]:
    """Yield what is wrong with the rows that are learned from and those that are held out."""
    split = split_of(table, learning, context.parameters)
    for name, rows in (("to learn from", ~split.is_held_out), ("held out", split.is_held_out)):
        if not rows.any():
            yield f"got no row {name}, expected both kinds, fix: change holdout_percent"
    if learning.task == "classification" and table.loc[~split.is_held_out, learning.target].nunique() == 1:
        yield f"column {learning.target}: got one class among the rows to learn from, expected two at least"


def _target_problems(target: pd.Series, learning: Learning) -> Iterator[str]:
    place = f"column {learning.target}"
    if target.isna().any():
        yield f"{place}: got no value in {_rows(target.isna())}, expected one in every row, fix: leave these rows out"
        return
    if learning.task == "regression":
        if not pd.api.types.is_numeric_dtype(target) or pd.api.types.is_bool_dtype(target):
            yield f"{place}: got {target.dtype}, expected numbers"
        elif not np.isfinite(target).all():
            yield f"{place}: got infinite numbers in {_rows(~np.isfinite(target))}, expected finite ones"
        elif target.nunique() == 1:
            yield f"{place}: got {target.iloc[0]} in every row, expected something to learn"
        return
    if pd.api.types.is_float_dtype(target):
        yield f"{place}: got {target.dtype}, expected classes: texts, whole numbers or bool, fix: convert it"
        return
    counts = target.value_counts()
    if len(counts) == 1:
        yield f"{place}: got the class {counts.index[0]} alone, expected two at least"
    rare = counts[counts < CLASS_ROWS_LEAST]
    if not rare.empty:
        named = ", ".join(str(name) for name in rare.index[:ROWS_NAMED])
        yield f"{place}: got a single row of {len(rare)} classes such as {named}, expected {CLASS_ROWS_LEAST} at least"


def _feature_problems(name: str, column: pd.Series) -> Iterator[str]:
    if column.isna().all():
        yield f"column {name}: got no value at all, expected some, fix: leave it out"
    elif pd.api.types.is_float_dtype(column) and np.isinf(column).any():
        yield f"column {name}: got infinite numbers in {_rows(np.isinf(column))}, expected finite ones or none"


def _rows(are_wrong: pd.Series) -> str:
    places = np.flatnonzero(are_wrong.to_numpy())
    named = ", ".join(str(place) for place in places[:ROWS_NAMED])
    more = f" and {len(places) - ROWS_NAMED} more" if len(places) > ROWS_NAMED else ""
    return f"row{'s' if len(places) > 1 else ''} {named}{more}"
