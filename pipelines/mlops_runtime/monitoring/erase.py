"""`python -m mlops_runtime.monitoring.erase --key KEY`: erases a key from payloads and labels, and reports it."""

import argparse
import json
import sys
from collections.abc import Sequence

from mlops_runtime.monitoring.erasure import erase
from mlops_runtime.monitoring.errors import MonitoringError
from mlops_runtime.monitoring.store import store_of


def main(arguments: Sequence[str] | None = None) -> int:
    """Erase as the command line says; return the exit code."""
    options = parser().parse_args(arguments)
    if options.payloads is None and options.labels is None:
        print("erase: got neither --payloads nor --labels, expected at least one", file=sys.stderr)
        return 2
    try:
        stores = [None if each is None else store_of(each) for each in (options.payloads, options.labels)]
        erased = erase(options.key, *stores)
    except (MonitoringError, OSError) as error:
        print(f"erase: {error}; run it again once that is mended", file=sys.stderr, flush=True)
        return 1
    print(json.dumps(erased.document(), indent=2), flush=True)
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    parser = argparse.ArgumentParser(description="Erase what payloads and labels hold of one key.")
    parser.add_argument("--key", required=True, help="the entity's key, as requests named it (x-entity-key)")
    parser.add_argument("--payloads", help="the payloads' folder, or s3://bucket/prefix")
    parser.add_argument("--labels", help="the labels' folder, or s3://bucket/prefix")
    return parser


if __name__ == "__main__":
    sys.exit(main())
