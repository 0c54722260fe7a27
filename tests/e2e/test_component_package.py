"""The components as a package for programs in any Pulumi language, through the engine and onto a real cluster."""

from pathlib import Path

import pytest
from kubernetes import client, config

from sandbox import images, paths
from sandbox.cluster.target import Cluster
from tests.e2e.conftest import ProjectFactory

pytestmark = pytest.mark.e2e

# What a generated SDK of another language does: it knows the token and the schema's names, and nothing of our Python.
PROGRAM = """
import pulumi
import pulumi_kubernetes as k8s

config = pulumi.Config()
provider = k8s.Provider("cluster", context=config.require("context"), kubeconfig=config.require("kubeconfig"))
labels = {"pod-security.kubernetes.io/enforce": "restricted"}
namespace = k8s.core.v1.Namespace(
    "namespace",
    metadata={"name": config.require("namespace"), "labels": labels},
    opts=pulumi.ResourceOptions(provider=provider),
)

class KubernetesModelRegistry(pulumi.ComponentResource):
    url: pulumi.Output[str]

    def __init__(self, name: str) -> None:
        settings = {"namespace": namespace.metadata["name"], "image": config.require("image"), "databaseVolumeGib": 1}
        opts = pulumi.ResourceOptions(providers={"kubernetes": provider})
        properties = {"kubernetes": settings, "url": None}
        super().__init__("mlops:index:KubernetesModelRegistry", name, properties, opts, True)

pulumi.export("url", KubernetesModelRegistry("models").url)
"""


def test_a_program_of_another_language_runs_a_registry(
    new_project: ProjectFactory, cluster: Cluster, namespace: str
) -> None:
    package = paths.checkout() / "components"
    image = images.ensure(cluster, ["registry"])["registry"]
    project = new_project("consumer")
    project.write("Pulumi.yaml", f"name: consumer\nruntime: python\n{providers(package)}")
    project.program(PROGRAM)
    settings = {
        "context": cluster.context,
        "kubeconfig": str(cluster.kubeconfig),
        "namespace": namespace,
        "image": image,
    }
    for key, value in settings.items():
        project.pulumi("config", "set", key, value)

    project.up()

    assert project.outputs() == {"url": f"http://models.{namespace}.svc.cluster.local:5000"}
    apps = client.AppsV1Api(config.new_client_from_config(str(cluster.kubeconfig), context=cluster.context))
    (server,) = apps.list_namespaced_deployment(namespace).items
    assert server.status.ready_replicas == 1
    assert [container.image for container in server.spec.template.spec.containers] == [image]
    types = {resource["type"] for resource in project.resources()}
    assert {"mlops:index:KubernetesModelRegistry", "kubernetes:apps/v1:Deployment"} <= types
    assert project.changes() == {}


def test_what_the_package_cannot_do_is_said_by_the_engine(
    new_project: ProjectFactory, cluster: Cluster, namespace: str
) -> None:
    project = new_project("consumer")
    project.write("Pulumi.yaml", f"name: consumer\nruntime: python\n{providers(paths.checkout() / 'components')}")
    project.program(PROGRAM)
    settings = {"context": cluster.context, "kubeconfig": str(cluster.kubeconfig), "namespace": namespace}
    for key, value in {**settings, "image": "localhost/pulumi-mlops/registry:latest"}.items():
        project.pulumi("config", "set", key, value)
    ended = project.attempt("preview")
    assert ended.returncode != 0
    assert "registry:latest" in ended.stdout


def providers(package: Path) -> str:
    """The part of a Pulumi.yaml that leads to the package."""
    return f"plugins:\n  providers:\n    - name: mlops\n      path: {package}\n"
