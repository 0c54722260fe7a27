"""A preview of dev-local against that of a plain program with the same Kubernetes objects."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.errors import NotMeasurableError
from bench.figures import Figure
from bench.preview.comparison import compare
from bench.preview.plain_kubernetes import PlainKubernetes
from bench.preview.plain_program import plain_program
from bench.preview.project import our_project, plain_project
from bench.stack_file import pin_models
from sandbox.cluster import lifecycle
from sandbox.cluster.target import SANDBOX_CONTEXT


def measure() -> Sequence[Figure]:
    """Previews dev-local's stack with a pinned model, in backends of their own, on the sandbox's cluster.

    Raises:
        NotMeasurableError: The sandbox is not up, or the two programs do not declare the same.
    """
    if not lifecycle.is_ready():
        raise NotMeasurableError("the sandbox is not up: run `make up` first")
    with tempfile.TemporaryDirectory(prefix="mlops-bench-") as folder:
        ours = our_project(Path(folder) / "ours", "dev-local", _edit, {})
        program = plain_program(ours.rendered(), PlainKubernetes(SANDBOX_CONTEXT))
        return compare(ours, plain_project(Path(folder) / "plain", program, {}))


def _edit(config: dict[str, Any]) -> None:
    config["mlops:platform"]["kubernetes"]["context"] = SANDBOX_CONTEXT
    pin_models(config)
