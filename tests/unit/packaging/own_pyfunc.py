"""A model of the user's own, as MLflow's models from code have it."""

from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.models import set_model
from mlflow.pyfunc.model import PythonModel


class Rules(PythonModel):
    """Some rules, read from a file beside the model."""

    def load_context(self, context: Any) -> None:
        self._limit = float(Path(context.artifacts["limit"]).read_text(encoding="utf-8"))

    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:
        """Return a score, a text and a vector for each row."""
        score = model_input["age"] / self._limit
        return pd.DataFrame(
            {
                "score": score,
                "advice": ["call" if each > 1 else "wait" for each in score],
                "parts": [[each, 1 - each] for each in score],
            }
        )


set_model(Rules())
