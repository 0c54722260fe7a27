"""A preview of our program against that of a plain one with the same objects, turn and turn about."""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from ruamel.yaml import YAML

from bench.errors import NotMeasurableError
from bench.figures import Figure, Goal
from bench.plain_program import plain_program
from sandbox import environment, paths
from sandbox.cluster import lifecycle
from sandbox.cluster.target import SANDBOX_CONTEXT

_RUNS = 7
_STACK = "bench"
_DIGEST = "sha256:" + "a" * 64


def measure() -> Sequence[Figure]:
    """Previews dev-local's stack with a pinned model, in backends of their own, on the sandbox's cluster.

    Raises:
        NotMeasurableError: The sandbox is not up, or the two programs do not declare the same.
    """
    if not lifecycle.is_ready():
        raise NotMeasurableError("the sandbox is not up: run `make up` first")
    with tempfile.TemporaryDirectory(prefix="mlops-bench-") as folder:
        ours, plain = _ours(Path(folder) / "ours"), Path(folder) / "plain"
        rendered = json.loads(_run([sys.executable, "-m", "pulumi_mlops", "render", "--stack", _STACK, "--json"], ours))
        _plain(plain, plain_program(rendered["stacks"][0]["resources"], SANDBOX_CONTEXT))
        objects = _objects(ours)
        if objects != _objects(plain):
            raise NotMeasurableError("the plain program does not declare the same objects")
        pairs = [(_seconds(ours), _seconds(plain)) for _ in range(_RUNS)]
    first, second = (statistics.median(side) for side in zip(*pairs, strict=True))
    note = f"{len(objects)} objects, median of {_RUNS}"
    return [
        Figure("our program", first, "s", note=note),
        Figure("plain program", second, "s", note=note),
        Figure("ratio", first / second, "×", Goal.AT_MOST, 1.2),
    ]


def _ours(folder: Path) -> Path:
    """The checkout's program, with a stack file of its own."""
    (folder / "stacks").mkdir(parents=True)
    checkout = paths.checkout()
    (folder / "Pulumi.yaml").write_text((checkout / "Pulumi.yaml").read_text())
    for shared in ("infra", ".venv"):
        (folder / shared).symlink_to(checkout / shared)
    document = YAML().load(checkout / "stacks" / "Pulumi.dev-local.yaml")
    document["config"]["mlops:platform"]["kubernetes"]["context"] = SANDBOX_CONTEXT
    for workload in document["config"]["mlops:workloads"].values():
        workload["model"] = {"version": 1, "digest": _DIGEST}
    YAML().dump(document, folder / "stacks" / f"Pulumi.{_STACK}.yaml")
    _init(folder)
    return folder


def _plain(folder: Path, program: str) -> None:
    folder.mkdir()
    options = "{name: python, options: {toolchain: uv, virtualenv: .venv}}"
    (folder / "Pulumi.yaml").write_text(f"name: mlops\nruntime: {options}\n")
    (folder / ".venv").symlink_to(paths.checkout() / ".venv")
    (folder / "__main__.py").write_text(program)
    _init(folder)


def _init(folder: Path) -> None:
    (folder / "backend").mkdir()
    _run(["pulumi", "stack", "init", "--no-select", _STACK], folder)


def _objects(folder: Path) -> set[str]:
    """Type and name of each Kubernetes object that a preview would create."""
    preview = json.loads(_run(["pulumi", "preview", "--stack", _STACK, "--json", "--non-interactive"], folder))
    names = {re.split(r"\$|::", step["urn"], maxsplit=2)[2] for step in preview["steps"]}
    return {match[0] for name in names if (match := re.search(r"kubernetes:[a-z0-9./]+:\w+::.*$", name))}


def _seconds(folder: Path) -> float:
    begun = time.monotonic()
    _run(["pulumi", "preview", "--stack", _STACK, "--non-interactive"], folder)
    return time.monotonic() - begun


def _run(command: list[str], folder: Path) -> str:
    variables = environment.merged(os.environ) | {"PULUMI_BACKEND_URL": (folder / "backend").as_uri()}
    ended = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise NotMeasurableError(f"{' '.join(command[:3])}: {(ended.stderr or ended.stdout)[-800:]}")
    return ended.stdout
