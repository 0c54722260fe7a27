"""One execution of a pipeline: its steps in order, and how each of them stands."""

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.core.utils import utcnow

from sandbox.aws.executions import jobs
from sandbox.aws.executions.store import Store
from sandbox.aws.executions.values import Known, UnknownReferenceError, holds, resolve

logger = logging.getLogger(__name__)
_LOGS = "/aws/sagemaker"
Register = Callable[[Mapping[str, Any]], str]
"""Stores a version as CreateModelPackage's arguments say, and returns its ARN."""


@dataclass
class StepState:
    """How a step stands, as ListPipelineExecutionSteps tells it."""

    name: str
    kind: str
    started: datetime
    status: str = "Executing"
    ended: datetime | None = None
    reason: str = ""
    metadata: Mapping[str, Any] | None = None

    def to_document(self) -> dict[str, Any]:
        """Return the entry of the list."""
        document: dict[str, Any] = {"StepName": self.name, "StartTime": self.started, "StepStatus": self.status}
        document |= {"AttemptCount": 1, "Metadata": self.metadata or {}}
        if self.ended is not None:
            document["EndTime"] = self.ended
        if self.reason:
            document["FailureReason"] = self.reason
        return document


class Execution:
    """Works through a definition in a thread of its own.

    Attributes:
        status: Executing, Stopping, Stopped, Failed or Succeeded.
        reason: Why it failed.
        steps: Those that have begun, in that order.
    """

    def __init__(
        self, arn: str, definition: Mapping[str, Any], known: Known, folder: Path, store: Store, register: Register
    ) -> None:
        self.status = "Executing"
        self.reason = ""
        self.steps: list[StepState] = []
        self._arn, self._definition, self._known = arn, definition, known
        self._folder, self._store, self._register = folder, store, register
        self._processes = jobs.Processes()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End it; the step that runs is ended as well."""
        if self.status == "Executing":
            self.status = "Stopping"
            self._processes.stop()

    def wait(self, timeout_seconds: float) -> None:
        """Wait for its end."""
        self._thread.join(timeout_seconds)

    def _work(self) -> None:
        try:
            self._run(self._definition["Steps"])
        except Exception as error:
            logger.exception("execution %s", self._arn)
            self._end("Failed", f"{type(error).__name__}: {error}")
            return
        if self.status == "Stopping":
            self._end("Stopped", "")
        elif self.status == "Executing":
            self._end("Succeeded", "")

    def _end(self, status: str, reason: str) -> None:
        self.reason, self.status = reason, status

    def _run(self, steps: Sequence[Mapping[str, Any]]) -> None:
        """Run steps in the order in which the definition lists them, which comes after what each needs."""
        for step in steps:
            if self.status != "Executing":
                return
            state = StepState(step["Name"], step["Type"], utcnow())
            self.steps.append(state)
            try:
                following = self._one(step, state)
            except (jobs.JobError, UnknownReferenceError, ClientError, BotoCoreError) as error:
                stopped = self.status == "Stopping"
                state.status, state.ended, state.reason = "Stopped" if stopped else "Failed", utcnow(), str(error)
                if not stopped:
                    self._end("Failed", f"Step failure: One or multiple steps failed: {step['Name']}")
                return
            state.status, state.ended = "Succeeded", utcnow()
            self._run(following)

    def _one(self, step: Mapping[str, Any], state: StepState) -> Sequence[Mapping[str, Any]]:
        """Run one step and return those that follow from it."""
        name, kind = step["Name"], step["Type"]
        if kind == "Condition":
            met = all(holds(condition, self._known) for condition in step["Arguments"]["Conditions"])
            state.metadata = {"Condition": {"Outcome": "True" if met else "False"}}
            chosen: Sequence[Mapping[str, Any]] = step["Arguments"]["IfSteps" if met else "ElseSteps"]
            return chosen
        arguments = resolve(step["Arguments"], self._known)
        if kind == "RegisterModel":
            state.metadata = {"RegisterModel": {"Arn": self._register(arguments)}}
            return ()
        job = f"pipelines-{self._arn.rpartition('/')[2]}-{name}-{secrets.token_hex(5)}"[:63]
        folder = self._folder / name
        folder.mkdir(parents=True)
        prefix = self._arn.partition(":pipeline/")[0]
        if kind == "Processing":
            state.metadata = {"ProcessingJob": {"Arn": f"{prefix}:processing-job/{job}"}}
            with self._logged(f"{_LOGS}/ProcessingJobs", job, folder):
                self._known.steps[name] = jobs.process(arguments, folder, self._store, self._processes)
            self._note_property_files(step, arguments)
        elif kind == "Training":
            state.metadata = {"TrainingJob": {"Arn": f"{prefix}:training-job/{job}"}}
            with self._logged(f"{_LOGS}/TrainingJobs", job, folder):
                self._known.steps[name] = jobs.train(job, arguments, folder, self._store, self._processes)
        else:
            raise UnknownReferenceError(f"step {name}: got type {kind}, which the offline AWS does not run")
        return ()

    @contextmanager
    def _logged(self, group: str, job: str, folder: Path) -> Iterator[None]:
        """Put what a job has written into CloudWatch Logs when it has ended, however that was."""
        try:
            yield
        finally:
            self._store.put_log(group, f"{job}/algo-1-{int(time.time())}", folder / "log")

    def _note_property_files(self, step: Mapping[str, Any], arguments: Mapping[str, Any]) -> None:
        declared = arguments.get("ProcessingOutputConfig", {}).get("Outputs", [])
        outputs = {each["OutputName"]: each["S3Output"]["S3Uri"] for each in declared}
        for file in step.get("PropertyFiles", []):
            place = f"{outputs[file['OutputName']]}/{file['FilePath']}"
            self._known.property_files[step["Name"], file["PropertyFileName"]] = place
