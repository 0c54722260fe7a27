"""What became of a run, as its record in MLflow says."""

import os

from mlops_runtime.mlflow_tracking import QUIET
from mlops_runtime.retraining.guards import Outcome
from mlops_runtime.tracking import OUTCOME_TAG

SUCCEEDED = "succeeded"
_QUICK = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}


def outcome_in_mlflow(tracking_uri: str, experiment: str, run_name: str) -> Outcome:
    """Return what became of a run that has ended.

    A run without a record has failed before its first step: it is fruitless. A registry that does not answer leaves the
    run as running; it is asked again with the next alert.

    Args:
        tracking_uri: Of the MLflow server.
        experiment: Name of the workload's experiment.
        run_name: The Job's name, which its record has.
    """
    for name, value in {**_QUICK, **QUIET}.items():
        os.environ.setdefault(name, value)
    from mlflow import MlflowClient  # noqa: PLC0415 - takes a second, which an answer to Alertmanager has no time for
    from mlflow.exceptions import MlflowException  # noqa: PLC0415

    try:
        client = MlflowClient(tracking_uri=tracking_uri, registry_uri=tracking_uri)
        found = client.get_experiment_by_name(experiment)
        runs = (
            client.search_runs([found.experiment_id], f"attributes.run_name = '{run_name}'", max_results=1)
            if found is not None
            else []
        )
    except MlflowException:
        return Outcome.RUNNING
    is_registered = bool(runs) and runs[0].data.tags.get(OUTCOME_TAG) == SUCCEEDED
    return Outcome.REGISTERED if is_registered else Outcome.FRUITLESS
