"""The worked example's whole graph on every sixtieth flight of the year; this folder is on a container's path."""

from dataclasses import replace

from flight_delay import source
from flight_delay.graph import GRAPH as WHOLE
from flight_delay.graph import FlightDelayParameters
from flight_delay.source import copy_files, find_files
from flight_delay.tables import read_tables
from mlops_runtime.artifact import digest_directory
from mlops_runtime.context import StepContext
from mlops_runtime.graph import StepGraph
from mlops_runtime.record import Dataset

EVERY = 60
HERE = "small_flights"


def ingest(context: StepContext[FlightDelayParameters]) -> None:
    copy_files(find_files(), context.output)
    flights = read_tables(context.output).flights.iloc[::EVERY]
    flights.to_csv(context.output / source.FLIGHTS, index=False)
    context.log_dataset(Dataset(name="some-flights", digest=digest_directory(context.output), rows=len(flights)))


GRAPH = StepGraph(
    name=WHOLE.name,
    reference=f"{HERE}:GRAPH",
    parameters=WHOLE.parameters,
    steps=tuple(replace(step, run=f"{HERE}:ingest") if step.name == "ingest" else step for step in WHOLE.steps),
)
