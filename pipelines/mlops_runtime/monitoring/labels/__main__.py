"""`python -m mlops_runtime.monitoring.labels add FILE --labels PLACE`: checks labels and puts them in place."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mlops_runtime.monitoring.errors import MonitoringError
from mlops_runtime.monitoring.store import store_of

from .files import SUFFIXES, add_file


def main(arguments: Sequence[str] | None = None) -> int:
    """Add as the command line says; return the exit code: 2 where the labels are wrong."""
    options = parser().parse_args(arguments)
    try:
        names, count = add_file(store_of(options.labels), options.file, source=options.source)
    except MonitoringError as error:
        print(f"labels: {error}", file=sys.stderr, flush=True)
        return 2
    except OSError as error:
        print(f"labels: {options.labels}: got {error}, expected a place to write to", file=sys.stderr, flush=True)
        return 1
    print(f"{count} labels in {options.labels}: {', '.join(names)}", flush=True)
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    parser = argparse.ArgumentParser(description="Labels of predictions.")
    commands = parser.add_subparsers(required=True)
    add = commands.add_parser("add", help="check a file of labels and put them where they belong, all or none")
    add.add_argument("file", type=Path, help=f"the file: {', '.join(SUFFIXES)}")
    add.add_argument("--labels", required=True, help="the labels' folder, or s3://bucket/prefix")
    add.add_argument("--source", help="who says so, where a record does not")
    return parser


if __name__ == "__main__":
    sys.exit(main())
