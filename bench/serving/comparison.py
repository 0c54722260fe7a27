"""The measurement: answers compared first, then both servers in turn under the same loads."""

import os
import statistics
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import httpx

from bench.errors import NotMeasurableError
from bench.figures import Figure, Goal
from bench.serving import servers
from bench.serving.load import Load, put_under_load
from bench.serving.model import flight_delay_model
from bench.serving.servers import Contender
from mlops_runtime.serving.contract import ModelOutput, load_contract
from mlops_runtime.serving.golden import GoldenMismatchError, GoldenRows, load_golden
from sandbox import progress

CONNECTIONS = (1, 8, 32)
ROUNDS = 3
SECONDS = 5
WARM_UP_SECONDS = 3
RATIO_TARGET = 3.0
MEMORY_TARGET_MIB = 350.0


@dataclass(frozen=True)
class Rounds:
    """The loads of one server at one number of connections."""

    loads: Sequence[Load]

    def median(self, value: str) -> float:
        """The middle one of a value over the rounds."""
        return statistics.median(float(getattr(load, value)) for load in self.loads)


def measure() -> Sequence[Figure]:
    """Measures both servers.

    Raises:
        NotMeasurableError: There is no core to spare for the load, a server does not start, the two give other
            answers, or a request failed.
    """
    server_core, load_core = _two_cores()
    model = flight_delay_model()
    figures: list[Figure] = []
    with ExitStack() as stack:
        us = stack.enter_context(servers.ours(model, server_core))
        them = stack.enter_context(servers.mlflow(model, server_core))
        bodies = _bodies(load_contract(model).outputs, load_golden(model), (us, them))

        def load(contender: Contender, connections: int, seconds: int) -> Load:
            made = put_under_load(
                contender.url, bodies[contender.name], connections=connections, seconds=seconds, core=load_core
            )
            if made.failures:
                raise NotMeasurableError(f"{contender.name}: {made.failures} requests failed")
            return made

        for contender in (us, them):
            load(contender, connections=8, seconds=WARM_UP_SECONDS)
        for connections in CONNECTIONS:
            loads: dict[str, list[Load]] = {us.name: [], them.name: []}
            with progress.step(f"{connections} at a time, {ROUNDS} rounds of {SECONDS} s for each server"):
                for _ in range(ROUNDS):
                    for contender in (us, them):
                        loads[contender.name].append(load(contender, connections, SECONDS))
            figures += _figures(connections, Rounds(loads[us.name]), Rounds(loads[them.name]))
        note = "PSS of all its processes, after the load"
        figures += [
            Figure("memory of one replica", us.memory_mib(), "MiB", Goal.AT_MOST, MEMORY_TARGET_MIB, note),
            Figure("memory, mlflow", them.memory_mib(), "MiB", note=note),
        ]
    return figures


def _bodies(
    outputs: Sequence[ModelOutput], golden: GoldenRows, contenders: Sequence[Contender]
) -> dict[str, list[str]]:
    """Requests of one row each, after every contender has given the right answer to all of them."""
    rows = [dict(row) for row in golden.rows]
    for contender in contenders:
        try:
            golden.check({outputs[0].name: contender.predict(rows)}, outputs)
        except (GoldenMismatchError, httpx.HTTPError) as error:
            raise NotMeasurableError(f"{contender.name}: {error}") from error
    return {contender.name: [contender.body([row]) for row in rows] for contender in contenders}


def _figures(connections: int, us: Rounds, them: Rounds) -> list[Figure]:
    at = f"at {connections} connection{'s' if connections > 1 else ''}"
    rate, their_rate = us.median("requests_per_second"), them.median("requests_per_second")
    p99, their_p99 = us.median("p99_milliseconds"), them.median("p99_milliseconds")
    note = f"one row a request, one core, median of {len(us.loads)} rounds"
    return [
        Figure(f"throughput {at}, ÷ mlflow", rate / their_rate, "×", Goal.AT_LEAST, RATIO_TARGET, note),
        Figure(f"throughput {at}", rate, "requests/s"),
        Figure(f"throughput {at}, mlflow", their_rate, "requests/s"),
        Figure(f"p50 {at}", us.median("p50_milliseconds"), "ms"),
        Figure(f"p50 {at}, mlflow", them.median("p50_milliseconds"), "ms"),
        Figure(f"p99 {at}", p99, "ms", Goal.AT_MOST, their_p99, "goal: mlflow's"),
    ]


def _two_cores() -> tuple[int, int]:
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise NotMeasurableError(f"got {len(cores)} cores, expected two: one for the server and one for the load")
    return cores[0], cores[1]
