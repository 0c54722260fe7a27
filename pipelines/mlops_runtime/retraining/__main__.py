"""The receiver as a process: `python -m mlops_runtime.retraining`."""

import argparse
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from mlops_runtime.process import progress_on_stdout
from mlops_runtime.retraining.cluster import TOKEN_FOLDER, InCluster
from mlops_runtime.retraining.guards import Guards
from mlops_runtime.retraining.monitor import labelled_predictions
from mlops_runtime.retraining.outcomes import outcome_in_mlflow
from mlops_runtime.retraining.receiver import Listening, Receiver
from mlops_runtime.retraining.trigger import Pipeline, Trigger

logger = logging.getLogger("mlops_runtime.retraining")
_HOUR, _DAY = 3600, 86400


def parser() -> argparse.ArgumentParser:
    """Return what the command line may say."""
    made = argparse.ArgumentParser(prog="python -m mlops_runtime.retraining", description=__doc__, allow_abbrev=False)
    add = made.add_argument
    add("--workload", required=True, help="the label `workload` of the alerts, and the name of the experiment")
    add("--namespace", required=True, help="namespace of the pipeline")
    add("--cron-job", required=True, help="CronJob of the pipeline")
    add("--run-label", action="append", required=True, help="a label that all of its runs have, as key=value")
    add("--history", required=True, help="ConfigMap that keeps what alerts have started")
    add("--alert", action="append", required=True, help="an alert that may start a run")
    add("--token-file", type=Path, required=True, help="file with the token that requests carry")
    add("--tracking-uri", required=True, help="the MLflow server")
    add("--monitor-metrics-url", required=True, help="where the monitor serves its metrics")
    add("--cooldown-hours", type=float, required=True)
    add("--runs-max", type=int, required=True)
    add("--budget-days", type=float, required=True, help="window of --runs-max")
    add("--new-labels-min", type=int, required=True)
    add("--fruitless-runs-max", type=int, required=True)
    add("--port", type=int, default=8080)
    add("--kubernetes-url", default="", help="the cluster's API. Defaults to the one that the pod is told")
    add("--service-account-folder", type=Path, default=TOKEN_FOLDER)
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until the process is told to stop.

    Args:
        arguments: The command line. Defaults to the process' own.
    """
    given = parser().parse_args(arguments)
    with progress_on_stdout():
        listening = Listening(given.workload, frozenset(given.alert), given.token_file)
        served = Receiver(("", given.port), listening, _trigger(given).alerted)

        def stop(signal_number: int, _: object) -> None:
            logger.info("got %s: ending", signal.Signals(signal_number).name)
            threading.Thread(target=served.shutdown).start()

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        logger.info("listening on port %s for %s of %s", given.port, ", ".join(sorted(given.alert)), given.workload)
        with served:
            served.serve_forever()
    return 0


def _trigger(given: argparse.Namespace) -> Trigger:
    url = given.kubernetes_url or (
        f"https://{_bracketed(os.environ['KUBERNETES_SERVICE_HOST'])}:{os.environ['KUBERNETES_SERVICE_PORT_HTTPS']}"
    )
    guards = Guards(
        cooldown_seconds=given.cooldown_hours * _HOUR,
        runs_max=given.runs_max,
        window_seconds=given.budget_days * _DAY,
        new_labels_min=given.new_labels_min,
        fruitless_runs_max=given.fruitless_runs_max,
    )
    labels = dict(label.split("=", 1) for label in given.run_label)
    return Trigger(
        InCluster(url, given.namespace, given.service_account_folder),
        Pipeline(given.cron_job, labels, given.history),
        guards,
        outcome_of=partial(outcome_in_mlflow, given.tracking_uri, given.workload),
        new_labels=partial(labelled_predictions, given.monitor_metrics_url, given.workload),
    )


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


if __name__ == "__main__":
    sys.exit(main())
