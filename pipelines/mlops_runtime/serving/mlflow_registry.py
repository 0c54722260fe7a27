"""MLflow as the registry to fetch from."""

import os
import re
from pathlib import Path

from mlflow import MlflowClient
from mlflow.artifacts import download_artifacts, list_artifacts
from mlflow.exceptions import MlflowException
from requests import RequestException

from .registry import RegisteredVersion, RegistryRefusalError, RegistryUnavailableError

DIGEST_TAG = "mlops.digest"
REQUEST_TIMEOUT_SECONDS = 15
PASSING_ERROR_CODES = frozenset(("INTERNAL_ERROR", "TEMPORARILY_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED"))
# A failed download is an internal error to MLflow, whatever its cause; the cause is told in the message alone.
LASTING_HTTP_ERROR = re.compile(r"\b4(?!08|29)\d\d Client Error")


class MlflowRegistry:
    """An MLflow server, by its client."""

    def __init__(self, url: str) -> None:
        self.url = url
        # MLflow's own retries would hide for minutes that the server is down.
        os.environ["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "0"
        os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] = str(REQUEST_TIMEOUT_SECONDS)
        os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"

    def version(self, model: str, version: str) -> RegisteredVersion:
        """See `Registry.version`."""
        client = MlflowClient(tracking_uri=self.url, registry_uri=self.url)
        try:
            found = client.get_model_version(model, version)
            artifact_uri = client.get_model_version_download_uri(model, version)
        except MlflowException as error:
            raise _translated(error) from error
        if found.status != "READY":
            raise RegistryRefusalError(f"got {found.status} {found.status_message}, expected a version that is READY")
        return RegisteredVersion(found.tags.get(DIGEST_TAG), artifact_uri)

    def sizes(self, artifact_uri: str) -> list[int]:
        """See `Registry.sizes`."""
        try:
            found = list_artifacts(artifact_uri=artifact_uri, tracking_uri=self.url)
        except (MlflowException, RequestException) as error:
            raise _translated(error) from error
        # Paths are told from different roots by different stores; the last part of each is a name in this folder.
        folders = [each.path.rsplit("/", maxsplit=1)[-1] for each in found if each.is_dir]
        files = [int(each.file_size) for each in found if not each.is_dir and each.file_size is not None]
        return files + [size for folder in folders for size in self.sizes(f"{artifact_uri}/{folder}")]

    def download(self, artifact_uri: str, target: Path) -> Path:
        """See `Registry.download`. MLflow adds a file of its own to what is downloaded by name, not by address."""
        try:
            return Path(
                download_artifacts(
                    artifact_uri=artifact_uri, dst_path=str(target), tracking_uri=self.url, registry_uri=self.url
                )
            )
        except (MlflowException, RequestException) as error:
            raise _translated(error) from error


def _translated(error: Exception) -> RegistryUnavailableError | RegistryRefusalError:
    passing = getattr(error, "error_code", "INTERNAL_ERROR") in PASSING_ERROR_CODES
    if passing and not LASTING_HTTP_ERROR.search(str(error)):
        return RegistryUnavailableError(_line(error))
    return RegistryRefusalError(_line(error))


def _line(error: Exception) -> str:
    """Return an error's first lines as one, short enough for a termination message."""
    return " ".join(str(error).split())[:400]
