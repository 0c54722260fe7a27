"""What each step of a supervised graph is given."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlops_runtime.context import StepContext
from mlops_runtime.errors import StepError
from mlops_runtime.reference import load_function
from mlops_runtime.supervised.graph import SupervisedGraph
from mlops_runtime.supervised.learning import Learning, SupervisedParameters

if TYPE_CHECKING:
    import pandas as pd

Context = StepContext[SupervisedParameters]

TABLE_FILE = "table.parquet"
MODEL_FOLDER = "model"
TRAINING_FILE = "training.json"


def learning_of(context: Context) -> Learning:
    """Return what the step's graph learns.

    Raises:
        StepError: It is a graph of another kind, which has named one of these steps.
    """
    if not isinstance(context.graph, SupervisedGraph):
        raise StepError(
            f"step {context.step.name}: got the graph {context.graph.reference},"
            " expected one that supervised_graph made"
        )
    return context.graph.learning


def call(reference: str, parameters: SupervisedParameters) -> Any:
    """Call a workload's own function with the run's parameters.

    Raises:
        StepError: It returned nothing.
    """
    found: Any = load_function(reference)(parameters)
    if found is None:
        raise StepError(f"{reference}: got None, expected what it makes, fix: return it")
    return found


def read_table(folder: Path) -> "pd.DataFrame":
    """Read the table that a step handed on."""
    import pandas as pd  # noqa: PLC0415 - slow to import

    return pd.read_parquet(folder / TABLE_FILE)


def write_table(table: "pd.DataFrame", folder: Path) -> None:
    """Hand a table on, with its columns' types."""
    table.to_parquet(folder / TABLE_FILE, index=False)
