"""How good a model was on rows that it had not seen, kept with its baseline: what later quality is held against."""

from pathlib import Path

from mlops_runtime.monitoring.baseline import Baseline
from mlops_runtime.monitoring.quality import Answers, measured


def record_holdout_quality(artifact: Path, answers: Answers) -> None:
    """Write the metrics of held-out rows into an artifact's baseline, before it is registered.

    Args:
        artifact: The model's folder; one without a baseline stays without.
        answers: What the artifact answers to the held-out rows, and the truth.
    """
    baseline = Baseline.read(artifact)
    if baseline is None:
        return
    metrics = measured(answers)
    values = {name: metric.value for name, metric in metrics.items()}
    units = {name: metric.unit for name, metric in metrics.items()}
    baseline.with_quality(values, units, len(answers)).write(artifact)
