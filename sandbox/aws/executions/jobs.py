"""A step's job as a process with SageMaker's folders, variables and arguments."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from sandbox.aws.executions.store import Store

_ROOT = "/opt/ml"
_PROGRAM = "python"
# What a job must not get from the person who started the offline AWS.
_OWN_PREFIXES = ("AWS_", "MLOPS_", "MLFLOW_", "PULUMI_")


class JobError(Exception):
    """A job failed; the text is the reason that SageMaker would show."""


class Runner(Protocol):
    """Runs a process, and can be told to end it."""

    def run(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> int:
        """Run a process to its end and return its exit code."""
        ...


class Processes:
    """Runs processes, one at a time, until it is told to stop."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self.is_stopped = False

    def run(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> int:
        """Run a process to its end and return its exit code."""
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command, env=dict(environment), stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
            if self.is_stopped:
                self._process.terminate()
            return self._process.wait()

    def stop(self) -> None:
        """End the process that runs, and start no other."""
        self.is_stopped = True
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()


def process(arguments: Mapping[str, Any], folder: Path, store: Store, runner: Runner) -> dict[str, Any]:
    """Run a processing job.

    Args:
        arguments: Those of CreateProcessingJob, everything filled in.
        folder: An empty folder for its files.
        store: Where inputs come from and outputs go to.
        runner: Runs the process.

    Returns:
        The job's description, as far as later steps refer to it.

    Raises:
        JobError: It failed.
    """
    for given in arguments.get("ProcessingInputs", []):
        source = given["S3Input"]
        if store.download(source["S3Uri"], _local(folder, source["LocalPath"])) == 0:
            raise JobError(f"ClientError: no S3 objects found under {source['S3Uri']}")
    outputs = arguments.get("ProcessingOutputConfig", {}).get("Outputs", [])
    for output in outputs:
        _local(folder, output["S3Output"]["LocalPath"]).mkdir(parents=True)
    application = arguments["AppSpecification"]
    command = [*application["ContainerEntrypoint"], *application.get("ContainerArguments", [])]
    is_isolated = arguments.get("NetworkConfig", {}).get("EnableNetworkIsolation", False)
    of_aws = {} if is_isolated else store.environment
    environment = {**_environment(arguments, folder), **of_aws}
    code = runner.run(_command(command), environment, folder / "log")
    if code != 0:
        raise JobError(f"AlgorithmError: exit code {code}: {_word(folder / 'output' / 'message', folder)}")
    for output in outputs:
        store.upload(_local(folder, output["S3Output"]["LocalPath"]), output["S3Output"]["S3Uri"])
    return dict(arguments)


def train(name: str, arguments: Mapping[str, Any], folder: Path, store: Store, runner: Runner) -> dict[str, Any]:
    """Run a training job; see `process`.

    Args:
        name: The job's name, under which its model is put.
        arguments: Those of CreateTrainingJob, everything filled in.
        folder: An empty folder for its files.
        store: Where inputs come from and the model goes to.
        runner: Runs the process.
    """
    _refuse_spot(arguments)
    for channel in arguments.get("InputDataConfig", []):
        uri = channel["DataSource"]["S3DataSource"]["S3Uri"]
        if store.download(uri, folder / "input" / "data" / channel["ChannelName"]) == 0:
            raise JobError(f"ClientError: no S3 objects found under {uri}")
    configuration = folder / "input" / "config"
    configuration.mkdir(parents=True, exist_ok=True)
    (configuration / "hyperparameters.json").write_text(json.dumps(arguments.get("HyperParameters", {})))
    for part in ("model", "output/data"):
        (folder / part).mkdir(parents=True)
    algorithm = arguments["AlgorithmSpecification"]
    command = [*algorithm["ContainerEntrypoint"], *algorithm.get("ContainerArguments", [])]
    checkpoints = _checkpoints(arguments, folder, store)
    code = runner.run(_command(command), _environment(arguments, folder), folder / "log")
    if checkpoints is not None:
        store.upload(checkpoints, arguments["CheckpointConfig"]["S3Uri"])
    if code != 0:
        raise JobError(f"AlgorithmError: exit code {code}: {_word(folder / 'output' / 'failure', folder)}")
    address = f"{arguments['OutputDataConfig']['S3OutputPath']}/{name}/output/model.tar.gz"
    store.upload_archive(folder / "model", address)
    return {**arguments, "ModelArtifacts": {"S3ModelArtifacts": address}}


def _refuse_spot(arguments: Mapping[str, Any]) -> None:
    """Refuse a spot job that waits for less than it may run: API_StoppingCondition, MaxWaitTimeInSeconds."""
    stopping = arguments.get("StoppingCondition", {})
    waits, runs = stopping.get("MaxWaitTimeInSeconds"), stopping.get("MaxRuntimeInSeconds", 0)
    if arguments.get("EnableManagedSpotTraining") and (waits is None or waits < runs):
        raise JobError(
            "ValidationException: Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to "
            "MaxRuntimeInSeconds"
        )


def _checkpoints(arguments: Mapping[str, Any], folder: Path, store: Store) -> Path | None:
    """Return the folder of a job's checkpoints with what an earlier attempt has left; None where it keeps none.

    https://docs.aws.amazon.com/sagemaker/latest/dg/model-checkpoints.html: what is in S3 is there when the job starts,
    and what is in the folder is copied to S3.
    """
    if "CheckpointConfig" not in arguments:
        return None
    checkpoints = _local(folder, arguments["CheckpointConfig"].get("LocalPath", f"{_ROOT}/checkpoints"))
    store.download(f"{arguments['CheckpointConfig']['S3Uri'].rstrip('/')}/", checkpoints)
    return checkpoints


def _command(words: Sequence[str]) -> list[str]:
    if words[0] != _PROGRAM:
        raise JobError(f"ClientError: got the program {words[0]}, expected {_PROGRAM}: only Python runs offline")
    return [sys.executable, *words[1:]]


def _environment(arguments: Mapping[str, Any], folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OWN_PREFIXES)}
    return {**kept, **arguments.get("Environment", {}), "MLOPS_SAGEMAKER_ROOT": str(folder)}


def _local(folder: Path, path: str) -> Path:
    return folder / Path(path).relative_to(_ROOT)


def _word(path: Path, folder: Path) -> str:
    """Return a job's last word, or the last line of its log."""
    if path.is_file():
        return path.read_text(errors="replace").strip()
    lines = (folder / "log").read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
