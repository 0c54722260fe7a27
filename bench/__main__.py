"""`python -m bench [SECTION…]`: measures, prints tables, and writes bench/results/latest.json."""

import importlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console

from bench.errors import NotMeasurableError
from bench.figures import Figure, Goal, show, write

RESULTS = Path(__file__).parent / "results" / "latest.json"

SECTIONS = {
    "cluster": ("bench.cluster", "From nothing to a cluster"),
    "training": ("bench.training", "Training"),
    "serving": ("bench.serving", "Serving, against `mlflow models serve`"),
    "payloads": ("bench.payloads", "Storing payloads, against a server that stores none"),
    "batch": ("bench.batch", "A batch, against a plain loop"),
    "language-model": ("bench.language_model", "A language model, against llama.cpp's own server"),
    "drift": ("bench.drift", "A drift report"),
    "render": ("bench.render", "Rendering offline"),
    "definition": ("bench.definition", "A SageMaker pipeline's definition"),
    "growth": ("bench.growth", "Rendering offline, from 10 workloads to 200"),
    "preview": ("bench.preview.kubernetes", "Preview, against a hand-written program"),
    "preview-aws": ("bench.preview.aws", "Preview on AWS, against a hand-written program"),
    "images": ("bench.image_sizes", "What the images hold"),
    "again": ("bench.again", "A second `make up`"),
    "first-set-up": ("bench.first_set_up", "A first `make up`"),
}
ONLY_WHEN_NAMED = ("first-set-up",)
"""What takes a quarter of an hour, and downloads everything anew."""


def main(arguments: Sequence[str]) -> int:
    """Measures the sections named, or all but the longest; each in a process of its own. Returns the exit code."""
    unknown = [name for name in arguments if name not in SECTIONS]
    if unknown:
        print(f"sections: got {', '.join(unknown)}, expected some of {', '.join(SECTIONS)}", file=sys.stderr)
        return 2
    console = Console(stderr=True)
    measured: dict[str, Sequence[Figure]] = {}
    failures: dict[str, str] = {}
    for name in arguments or (name for name in SECTIONS if name not in ONLY_WHEN_NAMED):
        console.print(f"measuring: {name}")
        title = SECTIONS[name][1]
        try:
            measured[title] = _in_process_of_its_own(name)
        except NotMeasurableError as error:
            failures[title] = str(error)
    show(measured, failures)
    write(RESULTS, measured, failures)
    return 1 if failures else 0


def _in_process_of_its_own(name: str) -> Sequence[Figure]:
    with tempfile.NamedTemporaryFile(suffix=".json") as file:
        code = "import sys; from bench.__main__ import measure; measure(sys.argv[1], sys.argv[2])"
        ended = subprocess.run([sys.executable, "-c", code, name, file.name], check=False)
        text = Path(file.name).read_text()
    if ended.returncode != 0 or not text:
        raise NotMeasurableError(f"it ended with exit code {ended.returncode}")
    found = json.loads(text)
    if "problem" in found:
        raise NotMeasurableError(found["problem"])
    return [
        Figure(**{**figure, "goal": Goal(figure["goal"]) if figure["goal"] else None}) for figure in found["figures"]
    ]


def measure(name: str, file: str) -> None:
    """Measures one section and writes its figures, or why there are none, to a file."""
    try:
        figures = importlib.import_module(SECTIONS[name][0]).measure()
    except NotMeasurableError as error:
        Path(file).write_text(json.dumps({"problem": str(error)}))
    else:
        Path(file).write_text(json.dumps({"figures": [asdict(figure) for figure in figures]}))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
