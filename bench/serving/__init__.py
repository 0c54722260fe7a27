"""The model server beside `mlflow models serve`: the same model, the same rows, the same single core."""

from bench.serving.comparison import measure

__all__ = ["measure"]
