"""An MLflow server within this process: MLflow's own answers, without a port."""

import json
from pathlib import Path
from typing import Any

from pulumi_mlops.cli.kubernetes.services import ServiceAddress, parse_answer


class MlflowCluster:
    """A cluster in which each Service is the same MLflow server."""

    def __init__(self, folder: Path) -> None:
        from mlflow import MlflowClient  # noqa: PLC0415 - seconds
        from mlflow.server import app  # noqa: PLC0415
        from mlflow.server.handlers import initialize_backend_stores  # noqa: PLC0415

        uri = f"sqlite:///{folder / 'mlflow.db'}"
        initialize_backend_stores(uri, uri, str(folder / "artifacts"))
        self.client = MlflowClient(uri, uri)
        self._http = app.test_client()
        self.asked: list[str] = []

    def request(self, service: ServiceAddress, path: str, body: object | None = None) -> Any:
        """Answer as the server would through the API server."""
        self.asked.append(path)
        if body is None:
            answer = self._http.get(path)
        else:
            answer = self._http.post(path, data=json.dumps(body), content_type="application/json")
        return parse_answer(service.name, path, answer.status_code, answer.get_data(as_text=True))
