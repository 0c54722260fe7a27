"""Small fitted models of the usual kinds, on made-up tables."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingRegressor, IsolationForest, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.svm import LinearSVC

ROWS = 300
_random = np.random.default_rng(7)
NUMBERS = pd.DataFrame({"age": _random.normal(40, 12, ROWS), "visits": _random.integers(0, 9, ROWS)})
MIXED = NUMBERS.assign(plan=_random.choice(["basic", "plus", "pro"], ROWS), member=_random.random(ROWS) > 0.4)
WITH_NULLS = NUMBERS.assign(age=NUMBERS["age"].mask(_random.random(ROWS) < 0.2))
AMOUNT = NUMBERS["age"] * 3 + NUMBERS["visits"] ** 2
IS_LARGE = (AMOUNT + _random.normal(0, 9, ROWS) > AMOUNT.median()).astype(int)
WORD = pd.Series(np.where(IS_LARGE, "stays", "leaves"))
TEXTS = pd.Series(
    [f"{'a fine and quiet' if large else 'a loud, poor'} room number {row}" for row, large in enumerate(IS_LARGE)],
    name="review",
)


def regressor() -> HistGradientBoostingRegressor:
    return HistGradientBoostingRegressor(max_iter=20).fit(WITH_NULLS, AMOUNT)


def text_labels() -> RandomForestClassifier:
    return RandomForestClassifier(10, random_state=0).fit(NUMBERS, WORD)


def int_labels() -> LogisticRegression:
    return LogisticRegression().fit(NUMBERS, IS_LARGE)


def labels_alone() -> Pipeline:
    return make_pipeline(StandardScaler(), LinearSVC()).fit(NUMBERS, WORD)


def columns() -> Pipeline:
    encode = ColumnTransformer(
        [("scale", StandardScaler(), ["age", "visits"]), ("encode", OneHotEncoder(), ["plan"])], remainder="passthrough"
    )
    return make_pipeline(encode, LogisticRegression()).fit(MIXED, WORD)


def texts() -> Pipeline:
    return make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS, WORD)


def clusters() -> Pipeline:
    return make_pipeline(StandardScaler(), KMeans(3, n_init=2, random_state=0)).fit(NUMBERS)


def outliers() -> IsolationForest:
    return IsolationForest(n_estimators=5, random_state=0).fit(NUMBERS)


def transformer() -> PCA:
    return PCA(2).fit(NUMBERS)


def several_numbers() -> LinearRegression:
    return LinearRegression().fit(NUMBERS, np.column_stack((AMOUNT, -AMOUNT)))


def without_names() -> LinearRegression:
    return LinearRegression().fit(NUMBERS.to_numpy(), AMOUNT)


def with_plan() -> pd.DataFrame:
    return NUMBERS.assign(plan=MIXED["plan"].astype("category"))


def xgboost_classifier() -> Any:
    import xgboost  # noqa: PLC0415 - slow to import

    return xgboost.XGBClassifier(n_estimators=10).fit(NUMBERS, IS_LARGE)


def xgboost_of_categories() -> Any:
    import xgboost  # noqa: PLC0415

    return xgboost.XGBRegressor(n_estimators=10, enable_categorical=True).fit(with_plan(), AMOUNT)


def xgboost_booster() -> Any:
    import xgboost  # noqa: PLC0415

    return xgboost.train({"objective": "binary:logistic"}, xgboost.DMatrix(NUMBERS, label=IS_LARGE), 10)


def lightgbm_classifier() -> Any:
    import lightgbm  # noqa: PLC0415

    return lightgbm.LGBMClassifier(n_estimators=10, verbose=-1).fit(NUMBERS, WORD)


def lightgbm_of_categories() -> Any:
    import lightgbm  # noqa: PLC0415

    return lightgbm.LGBMClassifier(n_estimators=10, verbose=-1).fit(with_plan(), WORD)
