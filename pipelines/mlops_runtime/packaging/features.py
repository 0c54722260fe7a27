"""What a model takes, found in its examples: types, nulls, categories, bounds."""

from collections.abc import Iterator

import pandas as pd
from pydantic import ValidationError

from mlops_runtime.packaging.errors import raise_if_any
from mlops_runtime.packaging.examples import is_list
from mlops_runtime.serving.contract import NUMBER_TYPES, Feature, FeatureType

# A column of texts is one of categories when they are few, and each is seen several times.
CATEGORIES_MAX = 50
ROWS_PER_CATEGORY_MIN = 4
CHARACTERS_OF_CATEGORY_MAX = 100


def found_features(table: pd.DataFrame, *, bounds: bool, categories: bool) -> tuple[Feature, ...]:
    """Return a feature for each column.

    Args:
        table: The examples.
        bounds: Whether the examples' least and greatest numbers bound what is taken.
        categories: Whether columns of few texts become categories, whose other values are refused. A pandas
            categorical of texts always does.

    Raises:
        PackagingError: With every column whose values are of no type that a request can hold.
    """
    found: list[Feature] = []
    problems: list[str] = []
    for name in table.columns:
        try:
            found.append(feature_of(table[name], bounds=bounds, categories=categories))
        except ValidationError as error:
            told = [problem["msg"].removeprefix("Value error, ") for problem in error.errors()]
            problems += [f"examples: column {name!r}: {each}" for each in told]
        except ValueError as error:
            problems.append(f"examples: column {name!r}: {error}")
    raise_if_any(problems)
    return tuple(found)


def feature_of(column: pd.Series, *, bounds: bool, categories: bool) -> Feature:
    """Return the feature that one column shows.

    Raises:
        ValueError: Its values are of no type that a request can hold.
    """
    known = column.dropna()
    nullable = len(known) < len(column)
    if known.empty:
        raise ValueError("got nothing but nulls, expected values, fix: leave the column out, or pass rows that have it")
    dtype = _type(column, known, nullable=nullable)
    name = str(column.name)
    if dtype == "vector":
        lengths = {len(value) for value in known}
        if len(lengths) > 1:
            raise ValueError(f"got lists of {min(lengths)} to {max(lengths)} numbers, expected all of one length")
        return Feature(name=name, dtype=dtype, nullable=nullable, length=lengths.pop())
    if dtype == "text":
        vocabulary = _vocabulary(column, known, categories=categories)
        if vocabulary:
            return Feature(name=name, dtype="category", nullable=nullable, vocabulary=vocabulary)
    if bounds and dtype in NUMBER_TYPES:
        return Feature(name=name, dtype=dtype, nullable=nullable, minimum=known.min(), maximum=known.max())
    return Feature(name=name, dtype=dtype, nullable=nullable)


def _type(column: pd.Series, known: pd.Series, *, nullable: bool) -> FeatureType:
    kinds = pd.api.types
    dtype = column.dtype.categories.dtype if isinstance(column.dtype, pd.CategoricalDtype) else column.dtype
    if kinds.is_bool_dtype(dtype):
        return "bool"
    if kinds.is_integer_dtype(dtype):
        return "float64" if nullable else "int64"  # a missing number is NaN, which no integer can be
    if kinds.is_float_dtype(dtype):
        return "float32" if dtype == "float32" else "float64"
    if kinds.is_datetime64_any_dtype(dtype):
        return "datetime"
    return _type_of_objects(known, nullable=nullable)


def _type_of_objects(known: pd.Series, *, nullable: bool) -> FeatureType:
    inferred = pd.api.types.infer_dtype(known.astype(object), skipna=True)
    if inferred == "mixed" and all(map(is_list, known)):
        return "vector"
    types: dict[str, FeatureType] = {
        "string": "text",
        "boolean": "bool",
        "integer": "float64" if nullable else "int64",
        "floating": "float64",
        "mixed-integer-float": "float64",
        "datetime": "datetime",
        "datetime64": "datetime",
        "date": "datetime",
    }
    if inferred not in types:
        raise ValueError(
            f"got {inferred} values such as {str(known.iloc[0])[:40]!r}, expected numbers, texts, booleans, dates or"
            " lists of numbers, fix: convert the column before the model is fitted and packaged"
        )
    return types[inferred]


def _vocabulary(column: pd.Series, known: pd.Series, *, categories: bool) -> tuple[str, ...]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return tuple(map(str, column.dtype.categories))
    if not categories:
        return ()
    values = known.unique()
    few = len(values) <= min(CATEGORIES_MAX, len(known) / ROWS_PER_CATEGORY_MIN)
    short = all(len(value) <= CHARACTERS_OF_CATEGORY_MAX for value in values)
    return tuple(sorted(values)) if few and short else ()


def columns_problems(table: pd.DataFrame, expected: list[str]) -> Iterator[str]:
    """Tell the columns that the model does not take, and those that it takes and are not there."""
    extra = [name for name in table.columns if name not in expected]
    missing = [name for name in expected if name not in table.columns]
    if extra:
        yield (
            f"examples: got columns {', '.join(extra)}, which the model does not take, expected"
            f" {', '.join(expected)}, fix: drop them, as examples[model.feature_names_in_] does"
        )
    if missing:
        yield f"examples: got no column {', '.join(missing)}, expected every column that the model was fitted to"
