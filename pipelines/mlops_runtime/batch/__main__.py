"""`python -m mlops_runtime.batch`: scores a table with the one model that it is given, and no other."""

import argparse
import json
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mlops_runtime.batch.errors import BatchRefusedError
from mlops_runtime.batch.formats.registry import FORMATS
from mlops_runtime.batch.location import location_of
from mlops_runtime.batch.report import ExitCode, Report
from mlops_runtime.batch.run import Batch, BatchSettings
from mlops_runtime.batch.scoring import ProvedModel
from mlops_runtime.process import progress_on_stdout
from mlops_runtime.serving.contract import LANGUAGE_MODEL, runtime_of
from mlops_runtime.serving.served_model import UnservableModelError, load_served_model
from mlops_runtime.serving.termination import write_termination_message

logger = logging.getLogger("mlops_runtime.batch")


def main(arguments: Sequence[str] | None = None) -> int:
    """Scores the table; returns an `ExitCode`, and leaves the counts as the container's termination message."""
    options = parser().parse_args(arguments)
    with progress_on_stdout():
        code, message = run(options, options.model_directory)
    print(message, file=sys.stderr if code else sys.stdout, flush=True)
    status = "succeeded" if code is ExitCode.DONE else "failed"
    write_termination_message(json.dumps({"status": status, "message": message}, ensure_ascii=False))
    return int(code)


def run(options: argparse.Namespace, model_directory: Path) -> tuple[ExitCode, str]:
    """Scores as the command line says.

    Args:
        options: What `parser` read.
        model_directory: Where the model's files are.

    Returns:
        How it ended, and one line about it.
    """
    try:
        report = _scored(options, model_directory)
    except (UnservableModelError, BatchRefusedError) as error:
        return ExitCode.REFUSED, f"nothing scored: {error}"
    except Exception as error:
        logger.exception("batch failed")
        return ExitCode.FAILED, f"failed: {type(error).__name__}: {error}; started again, it goes on from here"
    return report.exit_code, report.sentence()


def _scored(options: argparse.Namespace, model_directory: Path) -> Report:
    settings = BatchSettings(
        input=location_of(options.input),
        output=location_of(options.output),
        format=options.format,
        key_columns=tuple(dict.fromkeys(options.key_column)),
        partition_rows=options.partition_rows,
        rejected_percent_max=options.rejected_percent_max,
    )
    # The digest is compared and the golden rows or prompts are repeated before the first row is read.
    with _proved(options, model_directory) as served:
        logger.info("%s version %s is %s, proved", options.name, options.version, options.digest)
        return Batch(served, settings).run()


@contextmanager
def _proved(options: argparse.Namespace, model_directory: Path) -> Iterator[ProvedModel]:
    if runtime_of(model_directory) == LANGUAGE_MODEL:
        # It asks an engine, by a library that an image for other models does not have.
        from mlops_runtime.language_model.served import served_language_model  # noqa: PLC0415

        with served_language_model(model_directory, options.name, options.version, options.digest) as language_model:
            yield language_model
        return
    yield load_served_model(model_directory, options.name, options.version, options.digest, options.allow_code_formats)


def parser(*, model_directory: bool = True) -> argparse.ArgumentParser:
    """Return what reads the command line.

    Args:
        model_directory: Whether the model's folder is among the arguments.
    """
    made = argparse.ArgumentParser(description="Score a table with one registered model version.")
    if model_directory:
        made.add_argument("--model-directory", type=Path, required=True, help="the model's files")
    made.add_argument("--name", required=True, help="the registered model's name")
    made.add_argument("--version", required=True, help="the registered version")
    made.add_argument("--digest", required=True, help="the digest that its files must have: sha256:…")
    made.add_argument(
        "--allow-code-formats",
        type=_formats,
        default=(),
        help="formats that may run code when the model is loaded, separated by commas (default: none)",
    )
    made.add_argument("--input", required=True, help="a file or a folder: a path, or s3://bucket/prefix")
    made.add_argument("--output", required=True, help="a folder: a path, or s3://bucket/prefix")
    made.add_argument("--format", choices=sorted(FORMATS), required=True, help="of the input and the output")
    made.add_argument("--key-column", action="append", default=[], help="a column to take over; may be repeated")
    made.add_argument("--partition-rows", type=_count, default=100_000, help="rows at a time (default: 100000)")
    made.add_argument(
        "--rejected-percent-max", type=float, default=10.0, help="rows that may be set aside, in percent (default: 10)"
    )
    return made


def _formats(text: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, text.split(","))))


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"got {text}, expected 1 or more")
    return number


if __name__ == "__main__":
    sys.exit(main())
