"""What end-to-end tests stand on: the real engine, and for those that ask for it the real cluster."""

import contextlib
import os
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from kubernetes import client, config

from sandbox import doctor, environment
from sandbox.cluster import lifecycle
from sandbox.cluster.target import Cluster
from sandbox.doctor import Part
from sandbox.engine import current_engine, install_engine
from sandbox.engine.plugins import install_plugins
from tests.e2e.cluster_of_tests import cluster_of_tests
from tests.e2e.kubernetes_world import World, open_world
from tests.e2e.pulumi_project import Project

# They take longer than CI has room for: `make test-long`.
collect_ignore = [] if os.environ.get("MLOPS_LONG_TESTS") else ["long"]
ProjectFactory = Callable[[str], Project]


def skip_unless_possible(part: Part) -> None:
    """Skips the test where the machine lacks what a part of the sandbox needs, and says what that is.

    With MLOPS_REQUIRE_E2E set, as in CI, a lack is a failure: a run that skipped them all proves nothing.
    """
    absent = doctor.missing(doctor.examine(None, (part,)))
    if not absent:
        return
    reason = "; ".join(f"{finding.name}: {finding.found}, fix: {finding.fix}" for finding in absent)
    if os.environ.get("MLOPS_REQUIRE_E2E"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def engine_environment() -> Mapping[str, str]:
    """The whole environment with which `pulumi` runs programs in this Python, on the sandbox's own PULUMI_HOME."""
    if current_engine() is None:
        skip_unless_possible(Part.ENGINE)
    install_plugins(install_engine())
    whole = environment.merged(os.environ)
    whole["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), whole["PATH"]])
    return whole


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A real cluster: the sandbox's that runs, else one that is brought up and taken down again at the end."""
    if not lifecycle.is_ready():
        skip_unless_possible(Part.CLUSTER)
    own = tmp_path_factory.getbasetemp()
    # Beside pytest-xdist, each process has a folder in that of the run.
    yield from cluster_of_tests(own.parent if "PYTEST_XDIST_WORKER" in os.environ else own)


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A name for a namespace of the test's own; what is there at the end is deleted."""
    name = f"e2e-{uuid.uuid4().hex[:8]}"
    yield name
    core = client.CoreV1Api(config.new_client_from_config(str(cluster.kubeconfig), context=cluster.context))
    with contextlib.suppress(client.ApiException):
        core.delete_namespace(name)


@pytest.fixture
def new_project(engine_environment: Mapping[str, str], tmp_path: Path) -> Iterator[ProjectFactory]:
    """Makes throw-away projects by name; what they created is destroyed at the end, whatever happened."""
    made: list[Project] = []

    def make(name: str) -> Project:
        project = Project(tmp_path / name, name, engine_environment)
        made.append(project)
        return project

    yield make
    for project in made:
        project.destroy()


@pytest.fixture
def world(cluster: Cluster) -> Iterator[World]:
    """A namespace of the test's own on the cluster, which outlives the test's projects."""
    yield from open_world(cluster)
