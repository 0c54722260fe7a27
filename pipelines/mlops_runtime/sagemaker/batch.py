"""`python -m mlops_runtime.sagemaker.batch`: a batch as a SageMaker processing job.

SageMaker lays the version's archive below the job's inputs. It is unpacked and proved as in a pod; input and output are
read and written on S3 itself, so that the job's volume need not hold them.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from mlops_runtime.artifact import ArtifactError
from mlops_runtime.batch.__main__ import parser as parser_of_batch
from mlops_runtime.batch.__main__ import run
from mlops_runtime.batch.report import ExitCode
from mlops_runtime.process import progress_on_stdout
from mlops_runtime.sagemaker.archive import unpack_model
from mlops_runtime.sagemaker.folders import MODEL_ARCHIVE, folders_from_environment, write_reason

MODEL_INPUT = "model"
"""Name of the job's input with the archive."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Scores the table; returns an `ExitCode`, and leaves the counts where SageMaker shows them."""
    options = parser().parse_args(arguments)
    folders = folders_from_environment()
    with tempfile.TemporaryDirectory(prefix="model-") as unpacked, progress_on_stdout():
        try:
            unpack_model(folders.processing_inputs / MODEL_INPUT / MODEL_ARCHIVE, Path(unpacked))
            code, message = run(options, Path(unpacked))
        except ArtifactError as error:
            code, message = ExitCode.REFUSED, f"nothing scored: {error}"
    print(message, file=sys.stderr if code else sys.stdout, flush=True)
    write_reason(folders.message, message)
    return int(code)


def parser() -> argparse.ArgumentParser:
    """Returns what reads the command line."""
    return parser_of_batch(model_directory=False)


if __name__ == "__main__":
    sys.exit(main())
