"""Load by wrk, pinned to a core of its own."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox import commands, packages

SCRIPT = Path(__file__).with_name("load.lua")
ALLOWANCE_SECONDS = 30


@dataclass(frozen=True)
class Load:
    """What one server did under one load.

    Attributes:
        requests_per_second: Answers in a second.
        p50_milliseconds: Half of the answers were quicker.
        p99_milliseconds: All but one of a hundred were quicker.
        failures: Requests without an answer, or with another status than 2xx or 3xx.
    """

    requests_per_second: float
    p50_milliseconds: float
    p99_milliseconds: float
    failures: int


def put_under_load(url: str, bodies: Sequence[str], *, connections: int, seconds: int, core: int) -> Load:
    """Sends requests over kept connections, each as soon as the one before is answered.

    Args:
        url: Where to send them; loopback only.
        bodies: JSON texts, sent in turn.
        connections: Kept open, each with one request under way.
        seconds: For how long.
        core: Processor that the load is made on.
    """
    with tempfile.TemporaryDirectory() as folder:
        lines = Path(folder, "bodies.jsonl")
        lines.write_text("".join(f"{body}\n" for body in bodies), encoding="utf-8")
        command: list[str | Path] = [
            *("taskset", "-c", str(core), packages.tool("wrk"), "--threads", "1", "--timeout", "20s"),
            *("--connections", str(connections), "--duration", f"{seconds}s", "--script", SCRIPT, url, "--", lines),
        ]
        printed = commands.run(command, environment=packages.environment(), timeout_seconds=seconds + ALLOWANCE_SECONDS)
    result = json.loads(next(line for line in printed.splitlines() if line.startswith("RESULT "))[len("RESULT ") :])
    return Load(
        requests_per_second=result["requests"] / result["microseconds"] * 1e6,
        p50_milliseconds=result["p50_us"] / 1e3,
        p99_milliseconds=result["p99_us"] / 1e3,
        failures=result["failures"],
    )
