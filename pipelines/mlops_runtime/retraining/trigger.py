"""From alerts to a run: asks the guards, keeps the history, creates the Job. One at a time."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from mlops_runtime.retraining import history
from mlops_runtime.retraining.cluster import Cluster, ClusterError, ConflictError
from mlops_runtime.retraining.guards import Guards, Outcome, Reason, Run, Verdict, judge
from mlops_runtime.retraining.job import is_active, job_of, name_of

logger = logging.getLogger(__name__)
HISTORY_KEY = "history.json"


@dataclass(frozen=True)
class Pipeline:
    """The pipeline that is run.

    Attributes:
        cron_job: Name of its CronJob.
        run_labels: Labels that all of its runs have.
        history: Name of the ConfigMap that keeps what alerts have started.
    """

    cron_job: str
    run_labels: Mapping[str, str]
    history: str


class Trigger:
    """What alerts start runs by.

    The history is written before the Job is created: a receiver that dies in between has counted a run that never was,
    and has not started one that it does not count.
    """

    def __init__(
        self,
        cluster: Cluster,
        pipeline: Pipeline,
        guards: Guards,
        *,
        outcome_of: Callable[[str], Outcome],
        new_labels: Callable[[], int | None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._cluster = cluster
        self._pipeline = pipeline
        self._guards = guards
        self._outcome_of = outcome_of
        self._new_labels = new_labels
        self._clock = clock
        self._lock = threading.Lock()

    def alerted(self, because: Sequence[str]) -> Verdict:
        """Start a run where the guards allow it.

        Args:
            because: The alerts.

        Raises:
            ClusterError: When the cluster refuses or does not answer.
            HistoryError: When the history cannot be read.
        """
        with self._lock:
            config_map, runs = self._read()
            active = [job for job in self._cluster.jobs(self._pipeline.run_labels) if is_active(job)]
            runs = self._settled(runs, {str(job["metadata"]["name"]) for job in active})
            verdict = judge(
                self._guards, runs, now=self._clock(), is_running=bool(active), new_labels=self._new_labels()
            )
            if not verdict.starts:
                self._write_if_changed(config_map, runs)
                logger.info("no run for %s: %s", ", ".join(because), verdict.explanation)
                return verdict
            return self._start(config_map, runs, because)

    def state(self) -> list[Run]:
        """Return the runs that alerts have started.

        Raises:
            ClusterError: When the cluster refuses or does not answer.
            HistoryError: When the history cannot be read.
        """
        return self._read()[1]

    def _start(self, config_map: dict[str, Any], runs: list[Run], because: Sequence[str]) -> Verdict:
        cron_job = self._cluster.cron_job(self._pipeline.cron_job)
        name = name_of(cron_job)
        run = Run(name, self._clock(), Outcome.RUNNING, ", ".join(because))
        try:
            self._write(config_map, [*runs, run])
        except ConflictError:
            # Another receiver, as during a rollout, was faster: it has started one.
            return Verdict(Reason.RUN_IN_PROGRESS, "another receiver has started a run at the same moment")
        try:
            self._cluster.create_job(job_of(cron_job, name, because))
        except ClusterError:
            fresh, _ = self._read()
            self._write(fresh, [*runs, replace(run, outcome=Outcome.NOT_STARTED)])
            raise
        logger.info("started %s for %s", name, ", ".join(because))
        return Verdict(Reason.STARTED, f"started {name}")

    def _settled(self, runs: Sequence[Run], active: set[str]) -> list[Run]:
        """Return the runs with what became of those that have ended."""
        return [
            replace(run, outcome=self._outcome_of(run.name))
            if run.outcome is Outcome.RUNNING and run.name not in active
            else run
            for run in runs
        ]

    def _read(self) -> tuple[dict[str, Any], list[Run]]:
        config_map = self._cluster.config_map(self._pipeline.history)
        return config_map, history.read((config_map.get("data") or {}).get(HISTORY_KEY))

    def _write_if_changed(self, config_map: dict[str, Any], runs: Sequence[Run]) -> None:
        if history.write(runs) != (config_map.get("data") or {}).get(HISTORY_KEY, history.write([])):
            self._write(config_map, runs)

    def _write(self, config_map: dict[str, Any], runs: Sequence[Run]) -> None:
        data = {**(config_map.get("data") or {}), HISTORY_KEY: history.write(runs)}
        self._cluster.replace_config_map({**config_map, "data": data})
