"""Stacks as a release made them, under today's code: an update changes what there is, and replaces and deletes nothing.

`make record-states` records them anew: at a release alone, see README.md.
"""

import copy
from collections.abc import Mapping
from pathlib import Path

import pytest

from sandbox.aws.lifecycle import OfflineAws
from sandbox.environment import aws_variables
from tests.e2e.aws_stack import ACCOUNT
from tests.e2e.upgrade.recorded_state import RecordedStack, Recording, State, dynamic_providers
from tests.e2e.upgrade.recording import CONTEXT, KUBECONFIG, OFFLINE_URL, record_kubernetes, record_sagemaker

pytestmark = pytest.mark.e2e

SAGEMAKER = Recording("sagemaker")
KUBERNETES = Recording("kubernetes")
UNREACHABLE = f"""
apiVersion: v1
kind: Config
clusters: [{{name: nowhere, cluster: {{server: "{OFFLINE_URL}"}}}}]
users: [{{name: nobody, user: {{}}}}]
contexts: [{{name: {CONTEXT}, context: {{cluster: nowhere, user: nobody}}}}]
"""
PORT = int(OFFLINE_URL.rpartition(":")[2])


@pytest.fixture(scope="module")
def sagemaker_state(
    tmp_path_factory: pytest.TempPathFactory, engine_environment: Mapping[str, str], *, record_states: bool
) -> State:
    if record_states:
        record_sagemaker(tmp_path_factory.mktemp("recording"), engine_environment)
    return SAGEMAKER.read()


@pytest.fixture
def sagemaker(tmp_path: Path, engine_environment: Mapping[str, str]) -> RecordedStack:
    """The stack on SageMaker. No AWS answers it: a preview asks for nothing."""
    offline = aws_variables(OfflineAws(0, "", PORT, ACCOUNT))
    return RecordedStack(tmp_path / "stack", SAGEMAKER.stack_file, {**engine_environment, **offline})


def test_a_stack_on_sagemaker_is_upgraded_in_place(sagemaker: RecordedStack, sagemaker_state: State) -> None:
    sagemaker.take_up(sagemaker_state)
    assert sagemaker.harm() == []
    assert len(list(dynamic_providers(sagemaker_state))) == 5, "each can be loaded, so that what it made can be deleted"


def test_what_a_later_code_would_replace_or_delete_is_found(sagemaker: RecordedStack, sagemaker_state: State) -> None:
    """The planted case: a policy that had another name, and one that the program does not declare."""
    state = copy.deepcopy(sagemaker_state)
    resources = state["deployment"]["resources"]
    policies = [resource for resource in resources if resource["type"] == "aws:iam/rolePolicy:RolePolicy"]
    (renamed,) = [policy for policy in policies if policy["urn"].endswith("::flight-delay-pipeline-schedule")]
    left = copy.deepcopy(renamed)
    left["urn"] += "-of-an-earlier-release"
    resources.append(left)
    for part in ("inputs", "outputs"):
        renamed[part]["name"] += "-before"
    sagemaker.take_up(state)
    found = sagemaker.harm()
    assert any(line.startswith("replace ") and renamed["urn"] in line and "name" in line for line in found), found
    assert any(line.startswith("delete ") and left["urn"] in line for line in found), found


@pytest.fixture
def kubeconfig(tmp_path: Path) -> Path:
    file = tmp_path / "kubeconfig"
    file.write_text(UNREACHABLE, encoding="utf-8")
    return file


@pytest.fixture
def kubernetes_state(
    request: pytest.FixtureRequest,
    kubeconfig: Path,
    tmp_path_factory: pytest.TempPathFactory,
    engine_environment: Mapping[str, str],
    *,
    record_states: bool,
) -> State:
    if record_states:
        # Only a recording needs a cluster.
        cluster = request.getfixturevalue("cluster")
        record_kubernetes(tmp_path_factory.mktemp("recording") / "stack", engine_environment, cluster)
    assert KUBERNETES.exists, "the state of a stack on Kubernetes is not recorded yet: make record-states"
    return KUBERNETES.read({KUBECONFIG: str(kubeconfig)})


def test_a_stack_on_kubernetes_is_upgraded_in_place(
    tmp_path: Path, engine_environment: Mapping[str, str], kubeconfig: Path, kubernetes_state: State
) -> None:
    """No cluster answers it: a preview then shows what is declared, and compares it with the state alone."""
    environment = {**engine_environment, "KUBECONFIG": str(kubeconfig), "MLOPS_KUBE_CONTEXT": CONTEXT}
    stack = RecordedStack(tmp_path / "stack", KUBERNETES.stack_file, environment)
    stack.take_up(kubernetes_state)
    harm = stack.harm()
    assert harm == [], "\n".join(harm)
