"""What SageMaker does around a container, in folders: `/opt/ml` before it starts, and a bucket after it has ended."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlops_runtime.graph import StepGraph
from mlops_runtime.sagemaker.archive import unpack_model

REPOSITORY = Path(__file__).parents[4]
TRAIN = REPOSITORY / "components/pulumi_mlops/image/definitions/pipeline/train"
SERVE = REPOSITORY / "components/pulumi_mlops/image/definitions/serving/serve"

GRAPHS = Path(__file__).parent / "graphs"
PROCESSING = (sys.executable, "-m", "mlops_runtime.sagemaker.processing")
Runner = Callable[[Sequence[str], Mapping[str, str]], subprocess.CompletedProcess[str]]


def container_environment(root: Path, variables: Mapping[str, str]) -> dict[str, str]:
    """What a process sees in a container: the image's environment and the job's, and nothing of who started it."""
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "PYTHONPATH": f"{GRAPHS}:{REPOSITORY / 'pipelines'}",
        "PYTHONWARNINGS": "ignore",
        "HOME": "/tmp",  # noqa: S108 - as in the image
        "GIT_PYTHON_REFRESH": "quiet",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "OMP_WAIT_POLICY": "passive",
        "MLOPS_SAGEMAKER_ROOT": str(root),
        **variables,
    }


def run_process(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, env=dict(environment), cwd="/", capture_output=True, text=True, check=False, timeout=300
    )


def pack(model: Path, archive: Path, *, prefix: str = "") -> Path:
    """A model's folder as SageMaker packs it."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive, "w:gz") as packed:
        for path in sorted(model.iterdir()):
            packed.add(path, arcname=f"{prefix}{path.name}")
    return archive


def unpack(archive: Path, folder: Path) -> Path:
    unpack_model(archive, folder)
    return folder


@dataclass
class Job:
    """One job that has ended."""

    root: Path
    process: subprocess.CompletedProcess[str]

    @property
    def code(self) -> int:
        return self.process.returncode

    @property
    def message(self) -> str:
        """What DescribeProcessingJob shows."""
        return (self.root / "output" / "message").read_text()

    @property
    def failure(self) -> str | None:
        """What DescribeTrainingJob shows."""
        path = self.root / "output" / "failure"
        return path.read_text() if path.exists() else None

    @property
    def result(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.root / "processing" / "output" / "result.json").read_text())
        return document


@dataclass
class Execution:
    """One execution of a pipeline: its jobs, and the bucket over which they hand on."""

    graph: StepGraph
    folder: Path
    run: Runner = run_process
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def bucket(self) -> Path:
        return self.folder / "bucket"

    @property
    def archive(self) -> Path:
        """The model, as it lies in the bucket."""
        assert self.graph.training_step
        return self.bucket / self.graph.training_step.name / "model.tar.gz"

    @property
    def models(self) -> dict[str, Path]:
        """The models that may be registered, by their keys in the bucket."""
        found = (self.bucket / "models").rglob("*")
        return {path.relative_to(self.bucket / "models").as_posix(): path for path in found if path.is_file()}

    def process(self, step: str, variables: Mapping[str, str] | None = None, *, champion: Path | None = None) -> Job:
        """A processing job: the steps that it comes after as inputs, its output folder into the bucket."""
        root = self._root(step)
        inputs = root / "processing" / "input"
        for name in self.graph.step(step).after:
            if (self.bucket / name).exists():
                shutil.copytree(self.bucket / name, inputs / name)
        if champion is not None:
            (inputs / "champion").mkdir(parents=True)
            shutil.copy(champion, inputs / "champion" / "model.tar.gz")
        for output in ("output", "model"):
            (root / "processing" / output).mkdir(parents=True)
        command = [*PROCESSING, "--graph", self.graph.reference, "--step", step]
        job = self._run(root, command, variables)
        if job.code == 0:
            shutil.rmtree(self.bucket / step, ignore_errors=True)
            self._upload(root / "processing" / "output", self.bucket / step)
            self._upload(root / "processing" / "model", self.bucket / "models")
        return job

    def train(
        self, variables: Mapping[str, str] | None = None, *, hyperparameters: object = None, without: str = ""
    ) -> Job:
        """A training job: the steps that it comes after as channels, its model packed into the bucket."""
        step = self.graph.training_step
        assert step
        root = self._root(step.name)
        for name in step.after:
            if name != without and (self.bucket / name).exists():
                shutil.copytree(self.bucket / name, root / "input" / "data" / name)
        (root / "model").mkdir(parents=True)
        (root / "input" / "config").mkdir(parents=True)
        told = {"graph": self.graph.reference, "step": step.name} if hyperparameters is None else hyperparameters
        (root / "input" / "config" / "hyperparameters.json").write_text(
            told if isinstance(told, str) else json.dumps(told)
        )
        job = self._run(root, [str(TRAIN)], variables)
        if any((root / "model").iterdir()):
            pack(root / "model", self.archive)
        return job

    def _root(self, step: str) -> Path:
        jobs = self.folder / "jobs"
        return jobs / f"{len(list(jobs.glob('*')))}-{step}" / "opt" / "ml"

    def _run(self, root: Path, command: Sequence[str], variables: Mapping[str, str] | None) -> Job:
        environment = container_environment(root, {**self.variables, **(variables or {})})
        return Job(root, self.run(command, environment))

    def _upload(self, folder: Path, prefix: Path) -> None:
        """Files alone: a bucket has no folders, and so none that are empty."""
        for path in folder.rglob("*"):
            assert not path.is_symlink()
            if path.is_file():
                target = prefix / path.relative_to(folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, target)


def run_in_process(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """The same job without a process of its own, in which everything would be imported again."""
    from mlops_runtime.sagemaker import processing, training  # noqa: PLC0415

    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(environment)
    try:
        code = training.main() if command[0] == str(TRAIN) else processing.main(command[len(PROCESSING) :])
    finally:
        os.environ.clear()
        os.environ.update(before)
    return subprocess.CompletedProcess(list(command), code)
