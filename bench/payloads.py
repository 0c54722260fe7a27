"""What storing payloads costs a server: the same model and rows with and without, in turn, on one core each.

On a core that has nothing else to do, throughput and the CPU time of a request say the same. On a busy machine only the
second says anything.
"""

import gzip
import json
import os
import statistics
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.errors import NotMeasurableError
from bench.figures import Figure, Goal
from bench.serving import servers
from bench.serving.load import put_under_load
from bench.serving.model import flight_delay_model
from bench.serving.servers import Contender
from mlops_runtime.monitoring.store import FolderStore
from mlops_runtime.serving.golden import load_golden
from sandbox import progress

CONNECTIONS = 8
ROUNDS = 7
SECONDS = 3
WARM_UP_SECONDS = 2
COST_TARGET_PERCENT = 5.0
NOTHING = "nothing"
SAMPLES = {"10 percent": 10, "everything": 100}


@dataclass(frozen=True)
class Round:
    """What a server did in one round."""

    requests_per_second: float
    p99_milliseconds: float
    cpu_microseconds: float
    """CPU time of the server for a request."""


def measure() -> Sequence[Figure]:
    """Measure throughput, CPU time and the slowest answers with nothing, a sample and everything stored.

    Raises:
        NotMeasurableError: There is no core to spare for the load, a request failed, or nothing was stored.
    """
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise NotMeasurableError(f"got {len(cores)} core, expected two: one for the server and one for the load")
    model = flight_delay_model()
    rows = [dict(row) for row in load_golden(model).rows]
    rounds: dict[str, list[Round]] = {name: [] for name in (NOTHING, *SAMPLES)}
    with tempfile.TemporaryDirectory(prefix="payloads-") as folder, ExitStack() as stack:
        contenders = {NOTHING: stack.enter_context(servers.ours(model, cores[0], NOTHING))}
        for name, percent in SAMPLES.items():
            settings = {"location": str(Path(folder, name)), "sampling_percent": percent}
            more = {"MLOPS_PAYLOADS": json.dumps(settings)}
            contenders[name] = stack.enter_context(servers.ours(model, cores[0], name, more))
        for contender in contenders.values():
            _round(contender, rows, WARM_UP_SECONDS, cores[1])
        with progress.step(f"{CONNECTIONS} at a time, {ROUNDS} rounds of {SECONDS} s for each server"):
            for _ in range(ROUNDS):
                for name, contender in contenders.items():
                    rounds[name].append(_round(contender, rows, SECONDS, cores[1]))
        dropped = {name: _dropped(contenders[name]) for name in SAMPLES}
        stack.close()
        stored = {name: _stored(Path(folder, name)) for name in SAMPLES}
    return _figures(rounds, dropped, stored)


def _round(contender: Contender, rows: Sequence[servers.Row], seconds: int, core: int) -> Round:
    bodies = [contender.body([row]) for row in rows]
    before = _cpu_seconds(contender.process.pid)
    made = put_under_load(contender.url, bodies, connections=CONNECTIONS, seconds=seconds, core=core)
    cpu = _cpu_seconds(contender.process.pid) - before
    if made.failures:
        raise NotMeasurableError(f"{contender.name}: {made.failures} requests failed")
    requests = made.requests_per_second * seconds
    return Round(made.requests_per_second, made.p99_milliseconds, cpu / requests * 1e6)


def _cpu_seconds(process: int) -> float:
    """Return the CPU time that a process has had, of all its threads: proc_pid_stat(5), fields 14 and 15."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _dropped(contender: Contender) -> float:
    text = httpx.get(f"{contender.url.partition('/v1/')[0]}/metrics").text
    lines = [line for line in text.splitlines() if line.startswith("mlops_payloads_total{") and "dropped" in line]
    return sum(float(line.rpartition(" ")[2]) for line in lines)


def _stored(folder: Path) -> int:
    store = FolderStore(folder)
    return sum(gzip.decompress(store.read(name)).count(b"\n") for name in store.names())


def _figures(rounds: dict[str, list[Round]], dropped: dict[str, float], stored: dict[str, int]) -> list[Figure]:
    figures = []
    for name in SAMPLES:
        if not stored[name]:
            raise NotMeasurableError(f"{name}: nothing was stored")
        # Each round against the one beside it: what else the machine does changes from round to round.
        pairs = list(zip(rounds[NOTHING], rounds[name], strict=True))
        rate = statistics.median(1 - some.requests_per_second / none.requests_per_second for none, some in pairs)
        cpu = statistics.median(1 - none.cpu_microseconds / some.cpu_microseconds for none, some in pairs)
        note = f"median of {ROUNDS} pairs of rounds, {stored[name]:,} records stored, {dropped[name]:,.0f} dropped"
        figures.append(Figure(f"cost of {name}, by throughput", 100 * rate, "%", note=note))
        figures.append(
            Figure(f"cost of {name}, by CPU time", 100 * cpu, "%", Goal.AT_MOST, COST_TARGET_PERCENT, "the same rounds")
        )
    for name, made in rounds.items():
        for label, value, unit in (
            ("throughput", "requests_per_second", "requests/s"),
            ("CPU time of a request", "cpu_microseconds", "µs"),
            ("p99", "p99_milliseconds", "ms"),
        ):
            figures.append(
                Figure(f"{label}, {name} stored", statistics.median(getattr(one, value) for one in made), unit)
            )
    return figures
