"""Requests to an endpoint without a pause, from a pod beside it, while something else happens."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from kubernetes import client

from tests.e2e.pulumi_project import wait_for
from tests.e2e.workload_stack import WORKLOAD, WorkloadStack

_NAME = "load"
_LONGEST_SECONDS = 900
_STOP_FILE = "/tmp/stop"  # noqa: S108 - in a pod of the test's own
_ANSWERED_FILE = "/tmp/answered"  # noqa: S108 - as above

# Each of four callers opens its connections anew, as callers of a Service do, and bounds every call.
_CALLER = """
import asyncio, collections, json, os, sys, time
import httpx
url, rows, stop, answered, seconds = sys.argv[1], json.loads(sys.argv[2]), *sys.argv[3:5], float(sys.argv[5])
answers, problems = collections.Counter(), collections.Counter()

async def call(end):
    while time.monotonic() < end and not os.path.exists(stop):
        async with httpx.AsyncClient(timeout=10) as client:
            for _ in range(20):
                try:
                    answer = await client.post(url, json={"instances": rows})
                    answers[answer.status_code] += 1
                    if answer.status_code == 200:
                        open(answered, "a").close()
                    else:
                        problems[answer.text[:200]] += 1
                except httpx.HTTPError as error:
                    problems[repr(error)] += 1
                await asyncio.sleep(0.01)

async def main():
    end = time.monotonic() + seconds
    await asyncio.gather(*(call(end) for _ in range(4)))
    print(json.dumps({"answers": answers, "problems": problems}), flush=True)

asyncio.run(main())
"""


class Load:
    """What the callers saw; known when the load has ended.

    Attributes:
        answers: Number of answers by HTTP status.
        problems: Number of calls by what went wrong.
    """

    def __init__(self) -> None:
        self.answers: dict[str, int] = {}
        self.problems: dict[str, int] = {}


@contextlib.contextmanager
def load_on(stack: WorkloadStack, rows: list[dict[str, Any]], image: str) -> Iterator[Load]:
    """Calls the workload's endpoint for as long as the block runs."""
    seen = Load()
    stack.core.create_namespaced_pod(stack.namespace, _pod(stack, rows, image))
    try:
        wait_for(lambda: _phase(stack) == "Running", timeout_seconds=180.0)
        wait_for(lambda: _has_answers(stack), timeout_seconds=180.0)
        yield seen
        assert _phase(stack) == "Running", "the load ended before that which it was to accompany"
        stack.shell(_NAME, f"touch {_STOP_FILE}")
        wait_for(lambda: _phase(stack) in {"Succeeded", "Failed"}, timeout_seconds=180.0)
        log = stack.core.read_namespaced_pod_log(_NAME, stack.namespace, _preload_content=False).data.decode()
        found = json.loads(log.strip().splitlines()[-1])
        seen.answers, seen.problems = found["answers"], found["problems"]
    finally:
        with contextlib.suppress(client.ApiException):
            stack.core.delete_namespaced_pod(_NAME, stack.namespace, grace_period_seconds=0)


def _has_answers(stack: WorkloadStack) -> bool:
    return "yes" in stack.shell(_NAME, f"test -e {_ANSWERED_FILE} && echo yes")


def _phase(stack: WorkloadStack) -> str:
    return str(stack.core.read_namespaced_pod(_NAME, stack.namespace).status.phase)


def _pod(stack: WorkloadStack, rows: list[dict[str, Any]], image: str) -> dict[str, Any]:
    url = f"http://{WORKLOAD}.{stack.namespace}.svc.cluster.local/v1/models/{WORKLOAD}:predict"
    arguments = [url, json.dumps(rows), _STOP_FILE, _ANSWERED_FILE, str(_LONGEST_SECONDS)]
    container = {
        "name": _NAME,
        "image": image,
        "command": ["python", "-c", _CALLER, *arguments],
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    security = {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": _NAME},
        "spec": {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 0,
            "securityContext": security,
            "containers": [container],
        },
    }
