"""Makes the stacks whose states are recorded: small, with one of everything, and a model that serves."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from pulumi_mlops._shared.aws.model_data import model_data_url
from sandbox import images
from sandbox.cluster.target import Cluster
from tests.e2e.aws_stack import Server
from tests.e2e.upgrade.recorded_state import PASSPHRASE, RecordedStack, Recording
from tests.e2e.workload_stack import WORKLOAD, WorkloadStack

NAMESPACE = "flights-recorded"
OFFLINE_URL = "http://127.0.0.1:9"
"""Where a recorded state says that AWS is. Nobody is asked in a preview, and nothing listens there."""
CONTEXT = "recorded-context"
"""What a recorded state calls the cluster's context."""
KUBECONFIG = "/recorded/kubeconfig"
"""Where a recorded state says that the kubeconfig is: Pulumi's SDK makes $KUBECONFIG an input of the provider."""


def record_sagemaker(folder: Path, environment: Mapping[str, str]) -> None:
    """Records the stack on SageMaker, on an offline AWS of its own.

    Args:
        folder: An empty folder.
        environment: The whole environment of the engine.
    """
    recording = Recording("sagemaker")
    (folder / "aws").mkdir(parents=True)
    server = Server(folder / "aws")
    try:
        stack = RecordedStack(folder / "stack", recording.stack_file, {**environment, **server.variables()})
        pinned = YAML().load(recording.stack_file)["config"]["mlops:workloads"][WORKLOAD]["model"]
        stack.pin(None)
        stack.up()
        _register(server, stack, pinned["digest"])
        stack.pin(pinned)
        stack.up()
        recording.write(stack.export(), {server.url: OFFLINE_URL})
    finally:
        server.stop()


def record_kubernetes(folder: Path, environment: Mapping[str, str], cluster: Cluster) -> None:
    """Records the stack on Kubernetes, and its stack file, whose model was trained for it.

    Args:
        folder: An empty folder.
        environment: The whole environment of the engine.
        cluster: Where it runs.
    """
    recording = Recording("kubernetes")
    environment = {**environment, "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE}
    stack = WorkloadStack(folder, cluster, NAMESPACE, images.ensure(cluster), environment)
    try:
        exit_code, run = stack.train(training_rows_max=20_000, iterations=20)
        assert exit_code == 0, run
        stack.pin({"version": run["model_version"], "digest": run["model_digest"]})
        stack.up()
        text = stack.stack_file.read_text(encoding="utf-8").replace(cluster.context, CONTEXT)
        text = text.replace("$schema=../../stacks/", "$schema=../../../../stacks/")
        recording.stack_file.write_text(text, encoding="utf-8")
        recording.write(stack.export(), {cluster.context: CONTEXT, str(cluster.kubeconfig): KUBECONFIG})
    finally:
        stack.destroy()


def _register(server: Server, stack: RecordedStack, digest: str) -> None:
    """Registers a version of a model that nobody has trained: nothing reads its bytes."""
    group = f"{NAMESPACE}-{WORKLOAD}"
    bucket = _name_of(stack, "aws:s3/bucket:Bucket", "bucket")
    image = YAML().load(stack.stack_file)["config"]["mlops:platform"]["images"]["serving"]
    server.client("sagemaker").create_model_package(
        ModelPackageGroupName=group,
        ModelApprovalStatus="Approved",
        InferenceSpecification={
            "Containers": [{"Image": image, "ModelDataUrl": model_data_url(bucket, group, digest)}],
            "SupportedContentTypes": ["application/json"],
            "SupportedResponseMIMETypes": ["application/json"],
        },
        CustomerMetadataProperties={"mlops.digest": digest},
    )


def _name_of(stack: RecordedStack, kind: str, key: str) -> Any:
    (found,) = [resource for resource in stack.resources() if resource["type"] == kind]
    return found["outputs"][key]
