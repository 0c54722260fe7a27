"""A cluster that keeps CronJobs, Jobs and ConfigMaps in memory, with Kubernetes' optimistic concurrency."""

import copy
from collections.abc import Mapping
from typing import Any

from mlops_runtime.retraining.cluster import ClusterError, ConflictError

LABELS = {"app.kubernetes.io/name": "flight-delay-pipeline", "app.kubernetes.io/component": "training-pipeline"}


class FakeCluster:
    def __init__(self) -> None:
        self.created: list[dict[str, Any]] = []
        self.refuses_jobs = False
        self._config_map = {"metadata": {"name": "flight-delay-retraining", "resourceVersion": "1"}}

    def cron_job(self, name: str) -> dict[str, Any]:
        return {
            "metadata": {"name": name, "namespace": "flights-prod"},
            "spec": {
                "jobTemplate": {
                    "metadata": {"labels": LABELS},
                    "spec": {
                        "backoffLimit": 0,
                        "template": {"metadata": {"labels": LABELS}, "spec": {"containers": []}},
                    },
                }
            },
        }

    def jobs(self, labels: Mapping[str, str]) -> list[dict[str, Any]]:
        return [job for job in self.created if labels.items() <= job["metadata"]["labels"].items()]

    def create_job(self, job: Mapping[str, Any]) -> None:
        if self.refuses_jobs:
            raise ClusterError("POST jobs: got status 403: exceeded quota, expected success")
        self.created.append({**copy.deepcopy(dict(job)), "status": {}})

    def config_map(self, name: str) -> dict[str, Any]:
        assert name == self._config_map["metadata"]["name"]
        return copy.deepcopy(self._config_map)

    def replace_config_map(self, config_map: Mapping[str, Any]) -> None:
        known = self._config_map["metadata"]["resourceVersion"]
        if config_map["metadata"]["resourceVersion"] != known:
            raise ConflictError("PUT configmaps: got status 409: the object has been modified, expected success")
        self._config_map = copy.deepcopy(dict(config_map))
        self._config_map["metadata"]["resourceVersion"] = str(int(known) + 1)

    def end(self, name: str, condition: str = "Complete") -> None:
        (job,) = [job for job in self.created if job["metadata"]["name"] == name]
        job["status"] = {"conditions": [{"type": condition, "status": "True"}]}
