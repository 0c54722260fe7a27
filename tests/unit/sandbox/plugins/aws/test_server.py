"""The protocol, over a real connection, to a plugin in a process of its own."""

import importlib.metadata
import os
import subprocess
import sys
from collections.abc import Iterator

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from sandbox.plugins.aws import VERSION
from sandbox.plugins.protocol.values import from_struct, to_struct

TYPE = "aws:sagemaker/modelPackageGroup:ModelPackageGroup"
URN = f"urn:pulumi:dev::mlops::{TYPE}::group"
Stub = provider_pb2_grpc.ResourceProviderStub


@pytest.fixture
def stub() -> Iterator[Stub]:
    """A plugin in a process of its own, as the engine starts it; not configured yet."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    command = [sys.executable, "-m", "sandbox.plugins.aws"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    port = int(process.stdout.readline())
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Stub(channel)
    process.terminate()
    assert process.wait(timeout=10) == 0
    process.stdout.close()


def configure(stub: Stub, url: str) -> None:
    endpoints = f'[{{"sagemaker":"{url}"}}]'
    settings = to_struct({"region": "eu-west-1", "endpoints": endpoints, "secretKey": "x"})
    stub.Configure(provider_pb2.ConfigureRequest(args=settings))


def test_the_plugin_is_of_the_sdks_version(stub: Stub) -> None:
    assert stub.GetPluginInfo(empty_pb2.Empty()).version == VERSION
    assert importlib.metadata.version("pulumi-aws") == VERSION


def test_aws_itself_is_refused(stub: Stub) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        configure(stub, "https://api.sagemaker.eu-west-1.amazonaws.com")
    assert "expected a URL of this machine" in str(caught.value.details())
    with pytest.raises(grpc.RpcError) as caught:
        stub.Configure(provider_pb2.ConfigureRequest(args=to_struct({"region": "eu-west-1"})))
    assert "endpoints: missing, as is AWS_ENDPOINT_URL" in str(caught.value.details())
    failures = stub.CheckConfig(provider_pb2.CheckRequest(news=to_struct({"profile": "prod"}))).failures
    assert [failure.property for failure in failures] == ["profile", "region", "endpoints"]


def test_an_object_lives_through_the_protocol(stub: Stub, endpoint: str) -> None:
    configure(stub, endpoint)
    news = to_struct({"modelPackageGroupName": "over-the-wire", "tags": {"owner": "flights"}})
    inputs = stub.Check(provider_pb2.CheckRequest(urn=URN, news=news, randomSeed=b"seed")).inputs
    preview = stub.Create(provider_pb2.CreateRequest(urn=URN, properties=inputs, preview=True))
    assert (preview.id, from_struct(preview.properties)["modelPackageGroupName"]) == ("", "over-the-wire")
    created = stub.Create(provider_pb2.CreateRequest(urn=URN, properties=inputs))
    assert created.id == "over-the-wire"
    same = stub.Diff(
        provider_pb2.DiffRequest(id=created.id, urn=URN, old_inputs=inputs, olds=created.properties, news=inputs)
    )
    assert same.changes == provider_pb2.DiffResponse.DIFF_NONE
    changed = to_struct(from_struct(inputs) | {"modelPackageGroupDescription": "delays"})
    found = stub.Diff(
        provider_pb2.DiffRequest(id=created.id, urn=URN, old_inputs=inputs, olds=created.properties, news=changed)
    )
    assert list(found.replaces) == ["modelPackageGroupDescription"]
    read = stub.Read(provider_pb2.ReadRequest(id=created.id, urn=URN, properties=created.properties, inputs=inputs))
    assert from_struct(read.properties) == from_struct(created.properties)
    assert from_struct(read.inputs) == from_struct(inputs)
    stub.Delete(provider_pb2.DeleteRequest(id=created.id, urn=URN, properties=created.properties))
    assert stub.Read(provider_pb2.ReadRequest(id=created.id, urn=URN, properties=created.properties)).id == ""


def test_a_refusal_of_aws_reaches_the_engine(stub: Stub, endpoint: str) -> None:
    configure(stub, endpoint)
    token = "aws:sagemaker/endpointConfiguration:EndpointConfiguration"
    urn = f"urn:pulumi:dev::mlops::{token}::configuration"
    variant = {"variantName": "main", "modelName": "nothing", "instanceType": "ml.m5.large", "initialInstanceCount": 1}
    inputs = to_struct({"name": "nothing", "productionVariants": [variant], "region": "eu-west-1"})
    with pytest.raises(grpc.RpcError) as caught:
        stub.Create(provider_pb2.CreateRequest(urn=urn, properties=inputs))
    assert "creating sagemaker.EndpointConfiguration nothing: CreateEndpointConfig: Validation" in str(
        caught.value.details()
    )


def test_changed_settings_make_nothing_anew(stub: Stub) -> None:
    old, new = to_struct({"region": "eu-west-1"}), to_struct({"region": "eu-west-2"})
    answer = stub.DiffConfig(provider_pb2.DiffRequest(olds=old, news=new))
    assert answer.changes == provider_pb2.DiffResponse.DIFF_SOME
    assert list(answer.replaces) == []


def test_functions_are_refused(stub: Stub, endpoint: str) -> None:
    configure(stub, endpoint)
    with pytest.raises(grpc.RpcError) as caught:
        stub.Invoke(provider_pb2.InvokeRequest(tok="aws:index/getRegion:getRegion"))
    assert "this plugin has no functions" in str(caught.value.details())


def test_the_plugin_starts_without_loading_the_sdk() -> None:
    code = (
        "import sys; from sandbox.plugins.protocol.lean_import import SDK, make_bare; make_bare(SDK);"
        "import sandbox.plugins.protocol.serve, sandbox.plugins.aws.server;"
        "large = ('pulumi.output', 'boto3', 'pulumi_aws', 'moto');"
        "print([name for name in sys.modules if name.startswith(large)])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert printed.stdout.strip() == "[]"
