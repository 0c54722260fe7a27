"""The project's own program on an offline AWS of the test's own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import httpx
from ruamel.yaml import YAML

from sandbox.aws.lifecycle import OfflineAws
from sandbox.environment import aws_variables
from tests.e2e.pulumi_project import kill, wait_for
from tests.e2e.workload_stack import CHECKOUT, STACK, WORKLOAD, ProgramStack

ACCOUNT, REGION, NAMESPACE = "111111111111", "eu-west-1", "flights-e2e"
ENDPOINT = f"{NAMESPACE}-{WORKLOAD}"


class Server:
    """An offline AWS that can be stopped and started again at its address; what it held is lost then."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        self.port = 0
        self.start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def variables(self) -> dict[str, str]:
        """What leads AWS's libraries here."""
        return aws_variables(OfflineAws(0, "", self.port, ACCOUNT))

    def start(self) -> None:
        """Starts it, at the same port as before."""
        with (self._folder / "log").open("a") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "sandbox.aws", "--account", ACCOUNT, "--port", str(self.port)],
                cwd=CHECKOUT,
                env=_without_aws({"MLOPS_OFFLINE_AWS_FOLDER": str(self._folder)}),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        wait_for(self._answers)

    def stop(self) -> None:
        """Ends it, and the models and steps that it runs."""
        assert self._process is not None
        self._process.terminate()
        self._process.wait(timeout=60)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def ask_for(self, operation: str, kind: str, **more: Any) -> None:
        """Lets the next requests of an operation of SageMaker go wrong."""
        fault = {"service": "SageMaker", "operation": operation, "kind": kind, **more}
        httpx.post(f"{self.url}/_faults", json=fault).raise_for_status()

    def client(self, service: str) -> Any:
        """A client of one of its services."""
        keys = {"aws_access_key_id": "offline", "aws_secret_access_key": "offline"}
        return boto3.session.Session().client(service, region_name=REGION, endpoint_url=self.url, **keys)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/moto-api/", timeout=5.0).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False


class AwsStack(ProgramStack):
    """The checkout's program with a stack file made from the tests' dev-aws, on an offline AWS."""

    def __init__(self, folder: Path, server: Server, environment: Mapping[str, str]) -> None:
        super().__init__(folder, {**environment, **server.variables()})
        self.server = server
        document = YAML().load(CHECKOUT / "tests" / "stacks" / "Pulumi.dev-aws.yaml")
        platform = document["config"]["mlops:platform"]
        platform["environment"], platform["namespace"] = STACK, NAMESPACE
        platform["sagemaker"]["protect_data"] = False
        workload = document["config"]["mlops:workloads"][WORKLOAD]
        workload["pipeline"]["gate"]["max"] = 100.0
        workload["pipeline"]["parameters"] = {"training_rows_max": 20_000, "iterations": 20}
        YAML().dump(document, self.stack_file)

    def train(self) -> dict[str, Any]:
        """Runs the pipeline to its end, and returns the run, which must have registered a version."""
        run: dict[str, Any] = self.mlops_json("train", WORKLOAD, "--stack", STACK, "--follow")
        return run

    def approve(self, version: int) -> None:
        """Approves a version."""
        self.mlops_json("approve", WORKLOAD, "--stack", STACK, "--version", str(version))

    def refused(self) -> str:
        """Runs an update that must fail, and returns what it said."""
        ended = self.attempt("up", "--yes")
        assert ended.returncode != 0, ended.stdout
        return ended.stdout

    def kill_update(self, operation: str, log: Path) -> None:
        """Kills an update while it waits for the answer of an operation."""
        kill(self._start_up_to(operation, log))

    def lose_aws_in_update(self, operation: str, log: Path) -> str:
        """Stops AWS while an update waits for the answer of an operation; returns what the update said at its end."""
        engine = self._start_up_to(operation, log)
        self.server.stop()
        assert engine.wait(timeout=300) != 0, log.read_text()
        return log.read_text()

    def _start_up_to(self, operation: str, log: Path) -> "subprocess.Popen[bytes]":
        self.server.ask_for(operation, "delay", seconds=5.0)
        before = _requests(self.server)
        engine = self.start_up(log)
        wait_for(lambda: _requests(self.server) > before or engine.poll() is not None, 120.0)
        assert engine.poll() is None, log.read_text()
        return engine


def _requests(server: Server) -> int:
    answer: dict[str, int] = httpx.get(f"{server.url}/_faults").json()
    return answer["taken"]


def _without_aws(more: Mapping[str, str]) -> dict[str, str]:
    return {**{name: value for name, value in os.environ.items() if not name.startswith("AWS_")}, **more}


@contextmanager
def aws_stack(folder: Path, environment: Mapping[str, str]) -> Iterator[AwsStack]:
    """Makes a server and a stack on it; both are gone at the end."""
    (folder / "aws").mkdir()
    server = Server(folder / "aws")
    try:
        yield AwsStack(folder / "stack", server, environment)
    finally:
        server.stop()
        shutil.rmtree(folder / "aws", ignore_errors=True)
