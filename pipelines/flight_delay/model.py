"""The model: categories to numbers, then gradient-boosted trees, as one scikit-learn pipeline over named columns."""

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder

from flight_delay.columns import CATEGORIES, FEATURES, NUMBERS, TARGET
from flight_delay.graph import FlightDelayParameters


def fit(training: pd.DataFrame, parameters: FlightDelayParameters) -> Pipeline:
    """Fits the pipeline to labelled features. It takes a table with the features as named columns."""
    encoder = OrdinalEncoder(
        categories=vocabularies(training),
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        encoded_missing_value=np.nan,
    )
    pipeline = Pipeline(
        [
            (
                "encode",
                ColumnTransformer(
                    [("categories", encoder, list(CATEGORIES)), ("numbers", "passthrough", list(NUMBERS))]
                ),
            ),
            (
                "regress",
                HistGradientBoostingRegressor(
                    loss="absolute_error",
                    max_iter=parameters.iterations,
                    learning_rate=parameters.learning_rate,
                    max_leaf_nodes=parameters.leaf_nodes_max,
                    min_samples_leaf=parameters.leaf_flights_min,
                    random_state=parameters.random_seed,
                    early_stopping=False,
                ),
            ),
        ]
    )
    return pipeline.fit(training.loc[:, list(FEATURES)], training[TARGET])


def vocabularies(training: pd.DataFrame) -> list[list[str]]:
    """Return the categories of each categorical feature, in the order of their codes."""
    return [sorted(training[name].dropna().unique()) for name in CATEGORIES]
