"""Three workloads of somebody's own project, from `mlops init` to production: a classifier, trees, a language model.

The tests follow one another: the first makes, trains, promotes and calls all three, the others stand on what it left.
"""

import json
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from kubernetes import client, config

from sandbox import images
from sandbox.cluster.target import Cluster
from sandbox.doctor import Part
from sandbox.images.delivery import load
from tests.e2e.conftest import skip_unless_possible
from tests.e2e.own_project import OwnProject
from tests.e2e.own_workloads import (
    BOOSTED,
    CLASSIFIER,
    LANGUAGE_MODEL,
    PROMPT,
    RUNTIMES,
    add_boosted_trees,
    add_language_model,
    rows_of,
)
from tests.e2e.pod_shell import run_in_pod
from tests.e2e.streams import Streams, opened_once
from tests.e2e.test_batch import CLAIM, SHELL, open_volume

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(3600)]

REQUEST_TIMEOUT_SECONDS = 300
ANSWER_TOKENS = 8
LINES_MOST = 30


class Project(OwnProject):
    """The project, with its cluster."""

    def __init__(self, folder: Any, cluster: Cluster, environment: Mapping[str, str]) -> None:
        name = f"own-{uuid.uuid4().hex[:8]}"
        options = ("--workload", CLASSIFIER, "--context", cluster.context)
        super().__init__(folder, name, {**environment, "MLOPS_KUBE_CONTEXT": cluster.context}, *options)
        self.cluster, self.namespace = cluster, f"{name}-dev"
        self._api = config.new_client_from_config(str(cluster.kubeconfig), context=cluster.context)
        self.core = client.CoreV1Api(self._api)

    def build(self, stack: str) -> None:
        """Build the images that changed, and bring them to the node."""
        for image in self.mlops_json("build", "--stack", stack)["images"]:
            load(image["reference"], self.cluster)

    def shell(self, script: str) -> str:
        """Run a shell script in the pod with the tables."""
        return run_in_pod(self.core, self.namespace, SHELL, script)

    def servers(self) -> list[Any]:
        """The language model's pods."""
        selector = f"app.kubernetes.io/name={LANGUAGE_MODEL},app.kubernetes.io/component=endpoint"
        pods: list[Any] = self.core.list_namespaced_pod(self.namespace, label_selector=selector).items
        return pods

    def told_to_stop_at(self, pod: str) -> float:
        """When a pod was told to stop, in seconds since 1970."""
        field = f"involvedObject.name={pod},reason=Killing"
        events = self.core.list_namespaced_event(self.namespace, field_selector=field).items
        return min(float(event.first_timestamp.timestamp()) for event in events)

    def train(self, workload: str) -> dict[str, Any]:
        """Train a workload in dev to its end; returns the run, which must have registered a version."""
        run: dict[str, Any] = self.mlops_json("train", workload, "--stack", "dev", "--follow")
        assert run["status"] == "succeeded", run
        return run

    def destroy(self) -> None:
        """Destroy the stacks, and let go of the cluster."""
        super().destroy()
        self._api.rest_client.pool_manager.clear()


@pytest.fixture(scope="module")
def project(
    cluster: Cluster, engine_environment: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Project]:
    skip_unless_possible(Part.IMAGES)
    registry = images.ensure(cluster, ["registry"])["registry"]
    made = Project(tmp_path_factory.mktemp("own"), cluster, engine_environment)
    try:
        made.settle("dev", "platform", "images", "registry", value=registry)
        yield made
    finally:
        made.destroy()


def test_three_workloads_go_from_a_folder_to_production(project: Project) -> None:
    assert 0 < add_boosted_trees(project) + add_language_model(project) <= LINES_MOST
    for workload in RUNTIMES:
        place = f"pvc://{CLAIM}/{workload}"
        batch = {"input": f"{place}/new", "output": f"{place}/scored", "format": "jsonl"}
        project.settle("dev", "workloads", workload, "batch", value=batch)
        # Both rooms are on one node.
        for stack, bound in (("dev", "replicas_max"), ("prod", "replicas_min"), ("prod", "replicas_max")):
            project.settle(stack, "workloads", workload, "endpoint", bound, value=1)
        for stack in ("dev", "prod"):
            # Six of them, and one more while a version is replaced, on as little as two cores.
            project.settle(stack, "workloads", workload, "endpoint", "kubernetes", value={"cpu": "100m"})
    timeout = ("endpoint", "request_timeout_seconds")
    project.settle("dev", "workloads", LANGUAGE_MODEL, *timeout, value=REQUEST_TIMEOUT_SECONDS)
    parameters = ("workloads", LANGUAGE_MODEL, "pipeline", "parameters")
    project.settle("dev", *parameters, value={"answer_tokens": ANSWER_TOKENS})
    project.lock()
    with ThreadPoolExecutor() as threads:
        # The registry starts while images are built; its stack has no use for them yet.
        registry = threads.submit(project.up, "dev")
        project.build("dev")
        registry.result()
    project.up("dev")
    open_volume(project, project.settings("dev", LANGUAGE_MODEL)["images"]["serving"])  # type: ignore[arg-type]

    with ThreadPoolExecutor() as threads:
        assert [run["model_version"] for run in threads.map(project.train, RUNTIMES)] == [1, 1, 1]
    for workload in RUNTIMES:
        project.mlops("pin", workload, "--stack", "dev", "--version", "1")
    # The same weights with half the context are the language model's second version.
    project.settle("dev", *parameters, value={"answer_tokens": ANSWER_TOKENS, "context_tokens": 512})
    _serves(project.up("dev"))
    rows = project.mlops_json("status", "--stack", "dev")["workloads"]
    assert {row["workload"]: row["serving"]["runtime"] for row in rows} == RUNTIMES

    with ThreadPoolExecutor() as threads:
        second = threads.submit(project.train, LANGUAGE_MODEL)
        predictions = {workload: _predicted(project, workload, "dev") for workload in RUNTIMES}
        scored = dict(zip(RUNTIMES, threads.map(lambda each: _scored(project, each), RUNTIMES), strict=True))
        assert second.result()["model_version"] == 2
    assert [row["label"] for row in scored[CLASSIFIER]] == [each["label"] for each in predictions[CLASSIFIER]]
    assert [row["prediction"] for row in scored[BOOSTED]] == pytest.approx(predictions[BOOSTED], rel=1e-5)
    assert predictions[LANGUAGE_MODEL][0].startswith(" Paris")
    assert scored[LANGUAGE_MODEL][0]["text"].startswith(" Paris")

    project.build("prod")
    for workload in RUNTIMES:
        project.mlops("pin", workload, "--stack", "prod", "--from", "dev")
    _serves(project.up("prod"))
    for workload in (CLASSIFIER, BOOSTED):
        assert _predicted(project, workload, "prod") == predictions[workload]
    asked = ("--stack", "prod", "--prompt", PROMPT, "--max-tokens", "3")
    assert project.mlops("predict", LANGUAGE_MODEL, *asked).startswith(" Paris")


def test_a_language_model_takes_the_cores_that_it_has_reserved(project: Project) -> None:
    (pod,) = project.servers()
    script = r"cat /proc/[0-9]*/cmdline | tr '\0' '\n' | grep -A 1 -x -e --threads"
    told = run_in_pod(project.core, project.namespace, pod.metadata.name, script, "server")
    assert told.split() == ["--threads", "1"], "half a core is reserved, and the node has more than one"


def test_a_prompt_that_is_too_long_is_refused_and_a_cut_stream_frees_its_place(project: Project) -> None:
    url = _url(project)
    ask = (
        "import httpx; "
        f"answer = httpx.post('{url}/v1/completions', json={{'prompt': 'word ' * 2000}}, timeout=60); "
        "print(answer.status_code, answer.text)\n"
        "for _ in range(4):\n"
        f"  with httpx.stream('POST', '{url}/v1/completions', timeout=60,"
        " json={'prompt': 'Once', 'max_tokens': 900, 'stream': True, 'ignore_eos': True}) as stream:\n"
        "    next(stream.iter_lines())\n"
        "import time; end = time.time() + 30\n"
        f"while 'llamacpp:requests_processing 0' not in httpx.get('{url}/metrics').text and time.time() < end:"
        " time.sleep(0.2)\n"
        f"print('FREE', 'llamacpp:requests_processing 0' in httpx.get('{url}/metrics').text)"
    )
    told = project.shell(f'python -c "{ask}"')
    assert told.startswith("400"), told
    assert "2001 tokens" in told
    assert "1024" in told
    assert "FREE True" in told


def test_a_hundred_streams_outlast_a_promotion_and_the_way_back(project: Project) -> None:
    streams = Streams(project.shell, _url(project))
    (before,) = project.servers()
    project.mlops("pin", LANGUAGE_MODEL, "--stack", "dev", "--version", "2")
    with opened_once(lambda: len(project.servers()) > 1, streams):
        outputs = project.up("dev")
    assert outputs[LANGUAGE_MODEL]["serving_version"] == "2"
    ended = streams.ended()
    assert [each.last for each in ended if each.ended == "cut"] == []
    assert {each.ended for each in ended} <= {"whole", "told"}
    assert {each.version for each in ended if each.ended == "whole"} >= {"1"}, "the old version goes on answering"
    told_to_stop = project.told_to_stop_at(before.metadata.name)
    assert max(each.at for each in ended) > told_to_stop, "they were open while the old version left"

    project.mlops("pin", LANGUAGE_MODEL, "--stack", "dev", "--version", "1")
    assert project.up("dev")[LANGUAGE_MODEL]["serving_version"] == "1"
    assert _predicted(project, LANGUAGE_MODEL, "dev")[0].startswith(" Paris")


def _serves(outputs: Mapping[str, Any]) -> None:
    assert {workload: outputs[workload]["serving_version"] for workload in RUNTIMES} == dict.fromkeys(RUNTIMES, "1")


def _predicted(project: Project, workload: str, stack: str) -> list[Any]:
    rows = json.dumps(rows_of(workload))
    answer = project.mlops("predict", workload, "--stack", stack, "--rows", "-", "--json", given=rows)
    predictions: list[Any] = json.loads(answer)["predictions"]
    return predictions


def _scored(project: Project, workload: str) -> list[dict[str, Any]]:
    table = "\n".join(map(json.dumps, rows_of(workload)))
    project.shell(f"mkdir -p /data/{workload}/new && cat > /data/{workload}/new/a.jsonl <<'END'\n{table}\nEND")
    run = project.mlops_json("batch", "run", workload, "--stack", "dev", "--follow")
    assert run["status"] == "succeeded", run
    lines = project.shell(f"cat /data/{workload}/scored/scored/*.jsonl").splitlines()
    assert len(lines) == 3
    return [json.loads(line) for line in lines]


def _url(project: Project) -> str:
    return f"http://{LANGUAGE_MODEL}.{project.namespace}.svc.cluster.local"
