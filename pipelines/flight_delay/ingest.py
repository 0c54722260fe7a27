"""Step `ingest`: the raw files, checked byte for byte."""

from flight_delay.graph import FlightDelayParameters
from flight_delay.source import PACKAGE, VERSION, copy_files, find_files
from mlops_runtime.artifact import digest_directory
from mlops_runtime.context import StepContext
from mlops_runtime.record import Dataset


def ingest(context: StepContext[FlightDelayParameters]) -> None:
    """Copy the files into the workspace, and record their digest as the run's data."""
    files = find_files()
    copy_files(files, context.output)
    digest = digest_directory(context.output)
    context.log_dataset(Dataset(name=PACKAGE, digest=digest, source=f"https://pypi.org/project/{PACKAGE}/{VERSION}/"))
    size_mib = sum(path.stat().st_size for path in context.output.iterdir()) / 2**20
    context.message = f"{len(files)} files of {PACKAGE} {VERSION}, {size_mib:.1f} MiB, {digest[:19]}…"
