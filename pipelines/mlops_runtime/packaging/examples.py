"""The examples that a model is packaged with: rows such as it will be asked about."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from mlops_runtime.packaging.errors import PackagingError, raise_if_any
from mlops_runtime.serving.contract import Feature
from mlops_runtime.serving.golden import MINIMUM_ROWS

GOLDEN_ROWS = 32
COMPARED_ROWS = 20_000

JsonValue = float | int | bool | str | list[float] | None


def examples_table(examples: pd.DataFrame | pd.Series) -> pd.DataFrame:
    """Return the examples as a table; a series of texts is a table of one column.

    Raises:
        PackagingError: They are no table, too few, or have columns without a name of their own.
    """
    if isinstance(examples, pd.Series):
        examples = examples.to_frame(name=examples.name if isinstance(examples.name, str) else "text")
    if not isinstance(examples, pd.DataFrame):
        raise PackagingError(
            f"examples: got {type(examples).__name__}, expected a pandas DataFrame with the model's columns,"
            " fix: pass pd.DataFrame(examples, columns=[…])"
        )
    problems = []
    if len(examples) < MINIMUM_ROWS:
        problems.append(
            f"examples: got {len(examples)} rows, expected at least {MINIMUM_ROWS}, which become the golden rows,"
            " fix: pass more rows, such as the training table without its target"
        )
    unnamed = [repr(name) for name in examples.columns if not isinstance(name, str) or not name]
    if unnamed:
        problems.append(
            f"examples: got columns named {', '.join(unnamed[:5])}, expected texts, fix: name the columns as a request"
            " will name its features"
        )
    repeated = sorted({str(name) for name in examples.columns[examples.columns.duplicated()]})
    if repeated:
        problems.append(f"examples: got column {', '.join(repeated)} more than once, expected each once")
    raise_if_any(problems)
    return examples.reset_index(drop=True)


def spread(table: pd.DataFrame, rows: int) -> pd.DataFrame:
    """Return at most so many rows, evenly from the first to the last."""
    chosen = np.unique(np.linspace(0, len(table) - 1, rows).astype(int))
    return table.iloc[chosen].reset_index(drop=True)


def json_rows(table: pd.DataFrame, features: tuple[Feature, ...]) -> list[dict[str, JsonValue]]:
    """Return feature to value for each row, as a request holds them; a missing value is None."""
    columns = {feature.name: [_json_value(feature, value) for value in table[feature.name]] for feature in features}
    return [{name: values[row] for name, values in columns.items()} for row in range(len(table))]


def _json_value(feature: Feature, value: Any) -> JsonValue:
    if is_list(value):
        return list(map(float, value))
    if pd.isna(value):
        return None
    kinds: dict[str, Callable[[Any], JsonValue]] = {
        "bool": bool,
        "int64": int,
        "text": str,
        "category": str,
        "datetime": lambda moment: pd.Timestamp(moment).isoformat(),
    }
    return kinds.get(feature.dtype, int if isinstance(value, int | np.integer) else float)(value)


def is_list(value: object) -> bool:
    """Whether a cell of a table holds a list of numbers."""
    return isinstance(value, list | tuple | np.ndarray)
