"""Columns of training rows as the baseline keeps them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from mlops_runtime.monitoring.baseline import (
    CategoryBaseline,
    ColumnBaseline,
    DatetimeBaseline,
    NumberBaseline,
    ProbabilitiesBaseline,
    Quantiles,
    TextBaseline,
    VectorBaseline,
)
from mlops_runtime.monitoring.columns import (
    Column,
    Numbers,
    category_column,
    class_columns,
    datetime_column,
    length_column,
    norm_column,
    number_column,
)
from mlops_runtime.packaging.features import feature_of
from mlops_runtime.serving.contract import NUMBER_TYPES, Feature, ModelOutput

BINS: Final = 10
"""Bins of equal share: credit scoring's deciles, which its bounds on the population stability index stand for."""
FEW_VALUES: Final = 20
"""A column of no more different numbers has a bin for each of them."""
QUANTILES: Final = 200
"""Steps of the distribution function that is kept: Kolmogorov–Smirnov is known to within half a percent."""
CATEGORIES_LISTED: Final = 1000


def features_of(frame: pd.DataFrame, features: Sequence[Feature] | None = None) -> dict[str, ColumnBaseline]:
    """Return the baseline of each feature; of those that are not told, the rows show the type."""
    given = {feature.name: feature for feature in features or ()}
    names = list(given) if features is not None else list(map(str, frame.columns))
    return {name: feature_baseline(frame[name], given.get(name)) for name in names}


def outputs_of(answers: Mapping[str, Sequence[Any]], outputs: Sequence[ModelOutput]) -> dict[str, ColumnBaseline]:
    """Return the baseline of each output."""
    return {
        output.name: output_baseline(pd.Series(list(answers[output.name]), dtype=object), output) for output in outputs
    }


def feature_baseline(column: "pd.Series[Any]", feature: Feature | None) -> ColumnBaseline:
    """Return the baseline of one feature."""
    if feature is None:
        if column.isna().all():
            return number_baseline(number_column(column.astype(np.float64)))
        feature = feature_of(column, bounds=False, categories=True)
    if feature.dtype in NUMBER_TYPES:
        return number_baseline(number_column(column))
    if feature.dtype in ("category", "bool"):
        known = ("false", "true") if feature.dtype == "bool" else feature.vocabulary or ()
        return category_baseline(category_column(column), known)
    if feature.dtype == "text":
        lengths = length_column(column)
        return TextBaseline(**_counts(lengths), characters=number_baseline(lengths, "characters"))
    if feature.dtype == "vector":
        norms = norm_column(column)
        return VectorBaseline(**_counts(norms), norm=number_baseline(norms))
    return DatetimeBaseline(**_counts(datetime_column(column)))


def output_baseline(column: "pd.Series[Any]", output: ModelOutput) -> ColumnBaseline:
    """Return the baseline of one output."""
    if output.kind == "number":
        return number_baseline(number_column(column), output.unit)
    if output.kind == "label":
        return category_baseline(category_column(column), output.class_names)
    if output.kind == "probabilities":
        classes = {
            name: number_baseline(number_column(each), "probability")
            for name, each in class_columns(column, output.class_names).items()
        }
        return ProbabilitiesBaseline(rows=len(column), classes=classes)
    if output.kind == "vector":
        norms = norm_column(column)
        return VectorBaseline(**_counts(norms), norm=number_baseline(norms, output.unit))
    lengths = length_column(column)
    return TextBaseline(**_counts(lengths), characters=number_baseline(lengths, "characters"))


def number_baseline(column: Column, unit: str = "") -> NumberBaseline:
    """Return the baseline of a column of numbers."""
    known = np.sort(column.known.astype(np.float64))
    counts = {**_counts(column), "infinite": int(column.is_infinite.sum())}
    if not len(known):
        return NumberBaseline(**counts, unit=unit)
    edges = bin_edges(known)
    return NumberBaseline(
        **counts,
        unit=unit,
        minimum=float(known[0]),
        maximum=float(known[-1]),
        mean=float(known.mean()),
        standard_deviation=float(known.std()),
        edges=tuple(edges.tolist()),
        counts=tuple(np.bincount(np.searchsorted(edges, known), minlength=len(edges) + 1).tolist()),
        quantiles=_quantiles(known),
    )


def category_baseline(column: Column, vocabulary: Sequence[str] = ()) -> CategoryBaseline:
    """Return the baseline of a column of categories; what the vocabulary has and no row does is counted as 0."""
    found = pd.Series(column.known, dtype=object).value_counts()
    listed = {str(name): int(count) for name, count in found.head(CATEGORIES_LISTED).items()}
    others = int(found.sum()) - sum(listed.values())
    return CategoryBaseline(**_counts(column), counts=dict.fromkeys(vocabulary, 0) | listed, others=others)


def bin_edges(known: Numbers) -> Numbers:
    """Return the upper bounds of the bins that sorted numbers fall into, all but the last bin's.

    Tenths of the rows; a bin for each number where these are few. A bin of its own for the greatest number when many
    rows have it, and for the numbers on either side of a constant, so that a move to any side is seen.
    """
    least, greatest = known[0], known[-1]
    if least == greatest:
        return np.array([np.nextafter(least, -np.inf), greatest])
    distinct = np.unique(known)
    if len(distinct) <= FEW_VALUES:
        edges: Numbers = distinct[:-1]
        return edges
    edges = np.unique(np.quantile(known, np.arange(1, BINS) / BINS, method="inverted_cdf"))
    if edges[-1] == greatest:
        edges = np.unique(np.append(edges[:-1], np.nextafter(greatest, -np.inf)))
    return edges


def _quantiles(known: Numbers) -> Quantiles:
    points = np.unique(known)
    if len(points) > QUANTILES + 1:
        points = np.unique(np.quantile(known, np.arange(QUANTILES + 1) / QUANTILES, method="inverted_cdf"))
    return Quantiles(
        values=tuple(points.tolist()),
        at=tuple(np.searchsorted(known, points, side="right").tolist()),
        below=tuple(np.searchsorted(known, points, side="left").tolist()),
    )


def _counts(column: Column) -> dict[str, int]:
    return {"rows": len(column.values), "missing": int(column.is_missing.sum())}
