"""The components as a package for every Pulumi language: called through the engine, by the names in their schema."""

import json
from pathlib import Path

import pytest
from kubernetes import client, config

from sandbox.cluster.target import Cluster
from tests.e2e.conftest import ProjectFactory

pytestmark = pytest.mark.e2e

COMPONENTS = Path(__file__).parents[2] / "components"
GRAPH = {
    "name": "example",
    "reference": "example.graph:GRAPH",
    "parameters": {"horizon_days": {"type": "integer", "default": 28}},
    "steps": [
        {"name": "train", "is_gate": False, "metrics": [], "resources": {"cpu": "1", "memory": "1Gi"}},
        {"name": "evaluate", "is_gate": True, "metrics": ["mae"], "resources": {"cpu": "1", "memory": "1Gi"}},
    ],
}
PROJECT = """\
name: package
runtime: python
plugins:
  providers:
    - name: mlops
      path: {components}
"""
PROGRAM = """\
import json
import pulumi
import pulumi_kubernetes as kubernetes

# A component of the package, as the generated code of any language would declare it.
class Remote(pulumi.ComponentResource):
    def __init__(self, kind, name, props, outputs, opts):
        super().__init__(f"mlops:index:{{kind}}", name, {{**props, **dict.fromkeys(outputs)}}, opts, remote=True)

cluster = kubernetes.Provider("cluster", context="{context}")
in_cluster = pulumi.ResourceOptions(provider=cluster)
namespace = kubernetes.core.v1.Namespace("namespace", metadata={{"name": "{namespace}"}}, opts=in_cluster)
place = {{"namespace": namespace.metadata.name}}
pipeline = Remote("KubernetesTrainingPipeline", "example-pipeline", {{
    "graph": json.loads('''{graph}'''),
    "image": "localhost/pulumi-mlops/pipeline:0123456789abcdef",
    "registryUrl": pulumi.Output.from_input("http://mlflow.flights-dev.svc.cluster.local:5000"),
    "environment": "test",
    "parameters": {{"horizon_days": 7}},
    "gate": {{"metric": "mae", "max": 13}},
    "workspaceGib": {workspace_gib},
    "kubernetes": place,
}}, ["pipelineName"], pulumi.ResourceOptions(providers=[cluster]))
endpoint = Remote("KubernetesEndpoint", "example", {{
    "image": "localhost/pulumi-mlops/serving:0123456789abcdef",
    "registryUrl": "http://mlflow.flights-dev.svc.cluster.local:5000",
    "kubernetes": place,
}}, ["status"], pulumi.ResourceOptions(providers=[cluster]))
pulumi.export("pipeline", pipeline.pipelineName)
pulumi.export("status", endpoint.status)
"""


def test_a_program_uses_the_components_through_the_engine(
    cluster: Cluster, namespace: str, new_project: ProjectFactory
) -> None:
    project = new_project("package")
    project.write("Pulumi.yaml", PROJECT.format(components=COMPONENTS))
    values = {"context": cluster.context, "namespace": namespace, "graph": json.dumps(GRAPH)}
    project.program(PROGRAM.format(**values, workspace_gib=3))
    project.up()
    assert project.outputs() == {"pipeline": "example-pipeline", "status": "waiting-for-model"}
    assert project.changes() == {}
    api = client.BatchV1Api(config.new_client_from_config(str(cluster.kubeconfig), context=cluster.context))
    pod = api.read_namespaced_cron_job("example-pipeline", namespace).spec.job_template.spec.template.spec
    assert [step.name for step in [*pod.init_containers, *pod.containers]] == ["train", "evaluate"]
    variables = {variable.name: variable.value for variable in pod.containers[0].env}
    assert variables["MLOPS_PARAMETERS"] == '{"horizon_days":7}'
    assert {volume.name: volume.empty_dir.size_limit for volume in pod.volumes}["workspace"] == "3Gi"

    project.program(PROGRAM.format(**values, workspace_gib=0))
    refused = project.attempt("preview")
    assert refused.returncode != 0
    assert "workspace_gib: got 0" in refused.stdout
