"""MLflow model folders of models that do not go to ONNX, as packaging writes them."""

import warnings
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from mlops_runtime.serving.contract import Feature, ModelOutput, ServingContract
from tests.unit.pipelines.serving.classifiers import write_documents

with warnings.catch_warnings(action="ignore"):
    import mlflow.pyfunc
    import mlflow.sklearn
    from mlflow.pyfunc.model import PythonModel

WORDS = {"ham": ("meeting", "lunch", "report"), "spam": ("winner", "prize", "cash")}
MESSAGES = [f"{first} {second} today" for words in WORDS.values() for first in words for second in words]
KINDS = [kind for kind, words in WORDS.items() for _ in words for _ in words]
TEXT_CONTRACT = ServingContract(
    runtime="pyfunc",
    features=(Feature(name="message", dtype="text", characters_max=20_000_000),),
    outputs=(
        ModelOutput(name="label", kind="label", classes=("ham", "spam")),
        ModelOutput(name="probabilities", kind="probabilities", classes=("ham", "spam")),
    ),
)
DAYS_CONTRACT = ServingContract(
    runtime="pyfunc",
    features=(
        Feature(name="from", dtype="datetime"),
        Feature(name="to", dtype="datetime", nullable=True),
        Feature(name="count", dtype="int64"),
        Feature(name="is_return", dtype="bool"),
        Feature(name="weights", dtype="vector", length=2),
    ),
    outputs=(
        ModelOutput(name="days", unit="days"),
        ModelOutput(name="place", kind="vector", length=2),
        ModelOutput(name="reason", kind="text"),
    ),
)


def write_text_model(directory: Path, serialization: str = "skops") -> None:
    """A text classifier, whose flavour's own `predict_proba` gives the probabilities alone."""
    frame = pd.DataFrame({"message": MESSAGES})
    words = ColumnTransformer([("words", TfidfVectorizer(), "message")])
    pipeline = Pipeline([("words", words), ("classify", LogisticRegression())]).fit(frame, KINDS)
    with warnings.catch_warnings(action="ignore"):
        mlflow.sklearn.save_model(
            pipeline,
            str(directory),
            serialization_format=serialization,
            pyfunc_predict_fn="predict_proba",
            pip_requirements=["scikit-learn"],
        )
    outputs = {"label": pipeline.predict(frame).tolist(), "probabilities": pipeline.predict_proba(frame).tolist()}
    write_documents(directory, TEXT_CONTRACT, [{"message": message} for message in MESSAGES], outputs)


class Days(PythonModel):
    """Days between two times, by what the frame's types alone make possible."""

    def predict(self, context: Any, model_input: pd.DataFrame, params: Any = None) -> pd.DataFrame:
        """The days, and what went into them."""
        days = (model_input["to"] - model_input["from"]).dt.total_seconds() / 86400
        days = days.fillna(0) * model_input["count"] * (1 + model_input["is_return"].astype(int))
        place = [[number * 2 for number in weights] for weights in model_input["weights"]]
        reason = model_input["to"].isna().map({True: "still open", False: "closed"})
        return pd.DataFrame({"days": days, "place": place, "reason": reason})


def day_rows(count: int = 16) -> list[dict[str, Any]]:
    """Rows of every type; each third is not over yet."""
    return [
        {
            "from": f"2024-01-{row + 1:02d}T00:00:00",
            "to": None if row % 3 == 2 else f"2024-02-{row + 1:02d}",
            "count": row,
            "is_return": row % 2 == 0,
            "weights": [row, row / 2],
        }
        for row in range(count)
    ]


def write_days_model(directory: Path, **changes: Any) -> None:
    """A model of MLflow's pyfunc, pickled by cloudpickle; `changes` are made to its golden outputs."""
    rows = day_rows()
    with warnings.catch_warnings(action="ignore"):
        mlflow.pyfunc.save_model(str(directory), python_model=Days(), pip_requirements=["pandas"])
    outputs: dict[str, list[Any]] = {
        "days": [0.0 if row["to"] is None else 31.0 * row["count"] * (1 + row["is_return"]) for row in rows],
        "place": [[2 * number for number in row["weights"]] for row in rows],
        "reason": ["still open" if row["to"] is None else "closed" for row in rows],
    }
    write_documents(directory, DAYS_CONTRACT, rows, {**outputs, **changes})
