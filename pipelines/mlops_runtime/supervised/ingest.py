"""Step `ingest`: the workload's table, as it was read."""

import pandas as pd

from mlops_runtime.artifact import digest_directory
from mlops_runtime.errors import StepError
from mlops_runtime.record import Dataset
from mlops_runtime.supervised.context import Context, call, learning_of, write_table


def ingest(context: Context) -> None:
    """Keep the table, and record its digest as the run's data."""
    learning = learning_of(context)
    table = call(learning.data, context.parameters)
    if not isinstance(table, pd.DataFrame):
        raise StepError(f"{learning.data}: got {type(table).__name__}, expected a pandas.DataFrame")
    unnamed = [name for name in table.columns if not isinstance(name, str)]
    if unnamed:
        raise StepError(f"{learning.data}: got the columns {unnamed}, expected texts, fix: name them")
    twice = sorted(set(table.columns[table.columns.duplicated()]))
    if twice:
        raise StepError(f"{learning.data}: got {', '.join(twice)} more than once, expected each column once")
    write_table(table.reset_index(drop=True), context.output)
    digest = digest_directory(context.output)
    context.log_dataset(Dataset(name=context.graph.name, digest=digest, source=learning.source, rows=len(table)))
    context.message = f"{len(table)} rows of {len(table.columns)} columns, {digest[:19]}…"
