"""The protocol, over a real connection, where no cluster is needed."""

import importlib.metadata
import subprocess
import sys
from collections.abc import Iterator

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from sandbox.plugins.kubernetes import VERSION
from sandbox.plugins.protocol.values import from_struct, to_struct

KUBECONFIG = """
current-context: c
clusters: [{name: c, cluster: {server: "http://127.0.0.1:1"}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
users: [{name: u, user: {}}]
"""
URN = "urn:pulumi:dev::mlops::kubernetes:core/v1:ConfigMap::conf"
Stub = provider_pb2_grpc.ResourceProviderStub


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    """A plugin in a process of its own, as the engine starts it."""
    command = [sys.executable, "-m", "sandbox.plugins.kubernetes"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    port = int(process.stdout.readline())
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        plugin = Stub(channel)
        settings = to_struct({"kubeconfig": KUBECONFIG, "namespace": "flights"})
        plugin.Configure(provider_pb2.ConfigureRequest(args=settings))
        yield plugin
    process.terminate()
    assert process.wait(timeout=60) == 0
    process.stdout.close()


def test_both_sides_agree_on_secrets(stub: Stub) -> None:
    answer = stub.Handshake(provider_pb2.ProviderHandshakeRequest())
    assert answer.accept_secrets
    assert answer.supports_autonaming_configuration
    assert stub.GetPluginInfo(empty_pb2.Empty()).version == VERSION


def test_the_plugin_is_of_the_sdks_version() -> None:
    assert importlib.metadata.version("pulumi-kubernetes") == VERSION


def test_inputs_are_completed_without_a_cluster(stub: Stub) -> None:
    news = to_struct({"apiVersion": "v1", "kind": "ConfigMap", "data": {"n": "1"}})
    answer = stub.Check(provider_pb2.CheckRequest(urn=URN, news=news, randomSeed=b"seed"))
    inputs = from_struct(answer.inputs)
    assert inputs["metadata"]["namespace"] == "flights"
    assert inputs["metadata"]["name"].startswith("conf-")


def test_a_preview_without_a_cluster_shows_the_inputs(stub: Stub) -> None:
    inputs = to_struct({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}})
    answer = stub.Create(provider_pb2.CreateRequest(urn=URN, properties=inputs, preview=True))
    assert answer.properties == inputs
    assert answer.id == ""


def test_an_update_without_a_cluster_fails_and_says_where_it_was_looked_for(stub: Stub) -> None:
    inputs = to_struct({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x"}})
    with pytest.raises(grpc.RpcError) as caught:
        stub.Create(provider_pb2.CreateRequest(urn=URN, properties=inputs))
    assert "configured Kubernetes cluster is unreachable" in str(caught.value.details())
    assert "http://127.0.0.1:1" in str(caught.value.details())


def test_a_difference_is_told_by_paths(stub: Stub) -> None:
    base = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "flights"}}
    old, new = to_struct({**base, "data": {"a": "1"}}), to_struct({**base, "data": {"a": "2"}})
    answer = stub.Diff(provider_pb2.DiffRequest(urn=URN, old_inputs=old, olds=old, news=new))
    assert answer.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert list(answer.replaces) == ["data.a"]
    assert answer.deleteBeforeReplace
    assert answer.detailedDiff["data.a"].kind == provider_pb2.PropertyDiff.UPDATE_REPLACE
    same = stub.Diff(provider_pb2.DiffRequest(urn=URN, old_inputs=old, olds=old, news=old))
    assert same.changes == provider_pb2.DiffResponse.DIFF_NONE


def test_another_server_means_another_cluster(stub: Stub) -> None:
    old = to_struct({"kubeconfig": KUBECONFIG, "namespace": "a"})
    moved = to_struct({"kubeconfig": KUBECONFIG.replace("127.0.0.1:1", "127.0.0.1:2"), "namespace": "a"})
    rotated = to_struct({"kubeconfig": KUBECONFIG.replace("user: {}", "user: {token: x}"), "namespace": "b"})
    assert list(stub.DiffConfig(provider_pb2.DiffRequest(olds=old, news=moved)).replaces) == ["kubeconfig"]
    changed = stub.DiffConfig(provider_pb2.DiffRequest(olds=old, news=rotated))
    assert changed.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert list(changed.replaces) == []


def test_settings_that_cannot_be_taken_are_failures(stub: Stub) -> None:
    news = to_struct({"renderYamlToDirectory": "out", "kontext": "x"})
    failures = stub.CheckConfig(provider_pb2.CheckRequest(news=news)).failures
    assert [failure.property for failure in failures] == ["kontext", "renderYamlToDirectory"]


def test_components_of_the_official_plugin_are_refused(stub: Stub) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        stub.Construct(provider_pb2.ConstructRequest(type="kubernetes:yaml/v2:ConfigFile"))
    assert "official pulumi-kubernetes plugin" in str(caught.value.details())


@pytest.mark.parametrize(
    ("token", "does"),
    [
        ("kubernetes:yaml:decode", "reads the objects of a YAML text"),
        ("kubernetes:helm:template", "renders a Helm chart"),
        ("kubernetes:kustomize:directory", "builds a kustomization"),
    ],
)
def test_functions_of_the_official_plugin_are_refused(stub: Stub, token: str, does: str) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        stub.Invoke(provider_pb2.InvokeRequest(tok=token))
    assert f"{token}: this plugin has no functions; the official pulumi-kubernetes plugin {does}" in str(
        caught.value.details()
    )


def test_the_plugin_starts_without_loading_the_whole_client() -> None:
    code = (
        "import sys; from sandbox.plugins.kubernetes.lean_import import prepare; prepare();"
        "import sandbox.plugins.protocol.serve, sandbox.plugins.kubernetes.server;"
        "large = ('kubernetes.client.models', 'kubernetes.client.api', 'pulumi.output');"
        "print([name for name in sys.modules if name.startswith(large)])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"
