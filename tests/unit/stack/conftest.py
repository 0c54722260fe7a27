from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import Field

from mlops_runtime.graph import StepGraph
from mlops_runtime.parameters import PipelineParameters
from mlops_runtime.step import Step
from pulumi_mlops.stack import StackConfig, graphs
from pulumi_mlops.stack.file import read_document
from pulumi_mlops.stack.problems import ConfigError, Problem
from pulumi_mlops.stack.validate import validate

GOOD = """\
# yaml-language-server: $schema=schema.json
config:
  mlops:platform:
    environment: dev
    target: kubernetes
    namespace: flights-dev
    owner: team-flights
    images:
      pipeline: localhost/pulumi-mlops/pipeline:0123456789abcdef
      serving: registry.example/serving@sha256:{digest}
      registry: localhost/pulumi-mlops/registry:0123456789abcdef
    kubernetes: {{context: mlops-sandbox}}
    registry:
      database: sqlite
      artifacts_volume_gib: 5
      allowed_namespaces: [flights-prod]
  mlops:workloads:
    flight-delay:
      pipeline:
        schedule: "0 4 * * 1"
        parameters: {{horizon_days: 28}}
        gate: {{metric: mae_minutes, max: 13.0}}
        kubernetes: {{resources: {{train: {{cpu: "2", memory: 2Gi}}}}}}
      model: {{version: 7, digest: "sha256:{digest}"}}
      endpoint:
        replicas_min: 1
        replicas_max: 3
        kubernetes: {{target_cpu_percent: 70}}
""".format(digest="a" * 64)

Check = Callable[[str], list[Problem]]


class SmallParameters(PipelineParameters):
    horizon_days: int = Field(default=28, ge=1, le=365)
    learning_rate: float = 0.1
    season: str = "summer"
    shuffled: bool = False


SMALL_GRAPH = StepGraph(
    name="small",
    reference="small.graph:GRAPH",
    steps=(
        Step(name="ingest", run="small.ingest:ingest"),
        Step(name="train", run="small.train:train", after=("ingest",), metrics=("mae_minutes",), is_gate=True),
    ),
    parameters=SmallParameters,
)


@pytest.fixture
def small_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(graphs, "load_graph", lambda _: SMALL_GRAPH)


@pytest.fixture
def good() -> str:
    return GOOD


@pytest.fixture
def read(tmp_path: Path, small_graph: None) -> Callable[[str], StackConfig]:
    def read_text(text: str) -> StackConfig:
        path = tmp_path / "Pulumi.dev-local.yaml"
        path.write_text(text)
        return validate(read_document(path, "mlops", source="dev.yaml"))

    return read_text


@pytest.fixture
def check(read: Callable[[str], StackConfig]) -> Check:
    def problems_of(text: str) -> list[Problem]:
        try:
            read(text)
        except ConfigError as error:
            return list(error.problems)
        return []

    return problems_of
