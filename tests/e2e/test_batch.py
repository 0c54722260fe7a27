"""A batch on a real cluster: from a volume to the same volume, by the version that is pinned."""

import json
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from sandbox import images
from sandbox.cluster.target import Cluster
from tests.e2e.pulumi_project import wait_for
from tests.e2e.workload_stack import STACK, WORKLOAD, WorkloadStack

pytestmark = pytest.mark.e2e

CLAIM = "flights"
SHELL = "batch-shell"


@pytest.fixture(scope="module")
def stack(
    cluster: Cluster, engine_environment: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[WorkloadStack]:
    """A stack with a pinned version and a batch, and a volume with a table in its namespace."""
    references = images.ensure(cluster)
    folder: Path = tmp_path_factory.mktemp("batch")
    made = WorkloadStack(folder, cluster, f"e2e-{uuid.uuid4().hex[:8]}", references, engine_environment)
    with made.edited() as settings:
        settings["mlops:workloads"][WORKLOAD]["batch"] = {
            "input": f"pvc://{CLAIM}/new",
            "output": f"pvc://{CLAIM}/scored",
            "format": "jsonl",
            "key_columns": ["flight_id"],
            "partition_rows": 10,
        }
    try:
        made.up()
        assert made.workload_outputs()["batch_status"] == "waiting-for-model"
        exit_code, run = made.train()
        assert exit_code == 0, run
        made.pin({"version": run["model_version"], "digest": run["model_digest"]})
        made.up()
        open_volume(made, references["pipeline"])
        yield made
    finally:
        made.destroy()


def open_volume(stack: WorkloadStack, image: str) -> None:
    """Claim a volume, and start a pod that looks into it."""
    claim = client.V1PersistentVolumeClaim(
        metadata=client.V1ObjectMeta(name=CLAIM),
        spec=client.V1PersistentVolumeClaimSpec(
            access_modes=["ReadWriteOnce"],
            resources=client.V1VolumeResourceRequirements(requests={"storage": "1Gi"}),
        ),
    )
    stack.core.create_namespaced_persistent_volume_claim(stack.namespace, claim)
    mount = client.V1VolumeMount(name="data", mount_path="/data")
    source = client.V1PersistentVolumeClaimVolumeSource(claim_name=CLAIM)
    pod = client.V1Pod(
        metadata=client.V1ObjectMeta(name=SHELL),
        spec=client.V1PodSpec(
            security_context=client.V1PodSecurityContext(
                run_as_non_root=True,
                run_as_user=10001,
                run_as_group=10001,
                fs_group=10001,
                seccomp_profile=client.V1SeccompProfile(type="RuntimeDefault"),
            ),
            containers=[
                client.V1Container(
                    name="shell",
                    image=image,
                    command=["sleep", "3600"],
                    volume_mounts=[mount],
                    security_context=client.V1SecurityContext(
                        allow_privilege_escalation=False, capabilities=client.V1Capabilities(drop=["ALL"])
                    ),
                )
            ],
            volumes=[client.V1Volume(name="data", persistent_volume_claim=source)],
        ),
    )
    stack.core.create_namespaced_pod(stack.namespace, pod)
    wait_for(
        lambda: stack.core.read_namespaced_pod(SHELL, stack.namespace).status.phase == "Running", timeout_seconds=120.0
    )


def flights() -> list[dict[str, Any]]:
    from flight_delay.samples import samples  # noqa: PLC0415 - brings the example's libraries

    known = [dict(sample.features) for sample in samples()]
    return [{"flight_id": number, **known[number % len(known)]} for number in range(25)]


def test_a_batch_scores_a_volumes_table_as_the_endpoint_does(stack: WorkloadStack, tmp_path: Path) -> None:
    rows = flights()
    bad = {**rows[0], "flight_id": 25, next(name for name in rows[0] if name != "flight_id"): ["no number"]}
    text = "\n".join(json.dumps(row) for row in [*rows, bad])
    stack.shell(SHELL, f"mkdir -p /data/new && cat > /data/new/a.jsonl <<'END'\n{text}\nEND")

    run = stack.mlops_json("batch", "run", WORKLOAD, "--stack", STACK, "--follow")

    assert run["status"] == "succeeded"
    assert "26 rows read = 25 scored + 1 set aside" in str(run)
    report = json.loads(stack.shell(SHELL, "cat /data/scored/report.json"))
    assert report["model"]["digest"] == stack.workload_outputs()["serving_digest"]
    lines = stack.shell(SHELL, "cat /data/scored/scored/*.jsonl").splitlines()
    scored = {row["flight_id"]: row for row in map(json.loads, lines)}
    file = tmp_path / "rows.json"
    file.write_text(json.dumps([{name: value for name, value in row.items() if name != "flight_id"} for row in rows]))
    answer = stack.mlops_json("predict", WORKLOAD, "--stack", STACK, "--rows", str(file))
    (output,) = {name for name in scored[0] if name != "flight_id"}
    assert [scored[row["flight_id"]][output] for row in rows] == pytest.approx(answer["predictions"], rel=1e-4)
    (rejected,) = stack.shell(SHELL, "cat /data/scored/rejected/*.jsonl").splitlines()
    assert json.loads(rejected)["row"] == 25


def test_a_table_without_a_column_fails_the_run_and_says_which(stack: WorkloadStack) -> None:
    from flight_delay.columns import ALWAYS_KNOWN  # noqa: PLC0415 - brings the example's libraries

    row = flights()[0]
    # A line may leave out what may be missing.
    lacking = min(ALWAYS_KNOWN)
    text = json.dumps({name: value for name, value in row.items() if name != lacking})
    stack.shell(SHELL, f"mkdir -p /data/new/bad && echo '{text}' > /data/new/bad/b.jsonl")
    ended = stack.mlops(
        *("batch", "run", WORKLOAD, "--stack", STACK, "--follow", "--json"),
        *("--input", f"pvc://{CLAIM}/new/bad", "--output", f"pvc://{CLAIM}/scored/bad"),
    )
    stack.shell(SHELL, "rm -r /data/new/bad")
    assert ended.returncode == 1
    assert f"column {lacking}: got none" in ended.stdout
