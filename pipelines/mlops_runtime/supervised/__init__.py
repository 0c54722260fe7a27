"""A training pipeline for any estimator and a table with the answers: a workload names its data, estimator and metric.

Cheap to import: a graph names functions and loads none.
"""

from mlops_runtime.supervised.graph import SupervisedGraph, supervised_graph
from mlops_runtime.supervised.learning import Learning, SupervisedParameters

__all__ = ["Learning", "SupervisedGraph", "SupervisedParameters", "supervised_graph"]
