"""Asks a cluster whether a volume may grow, before an update does.

The API server's admission `PersistentVolumeClaimResize` refuses another size with 403 where the StorageClass does not
say `allowVolumeExpansion` (kubernetes, plugin/pkg/admission/storage/persistentvolume/resize/admission.go). Pulumi's
Kubernetes provider keeps that from the preview: to it a trial that is forbidden is one that the user may not make
(pulumi-kubernetes, provider/pkg/provider/provider.go, Update).
"""

import json
import os
from typing import Any
from urllib.parse import quote

CONTEXT_VARIABLE = "MLOPS_KUBE_CONTEXT"
_TIMEOUT_SECONDS = (5.0, 10.0)


class UnknownClassError(RuntimeError):
    """It cannot be read whether the volume may grow; the text says why."""


def forbids_growth(context: str, namespace: str, claim: str) -> str | None:
    """Return the StorageClass of a claim where that does not let it grow; None where it does, or there is no claim.

    Args:
        context: The context of the kubeconfig. `MLOPS_KUBE_CONTEXT` goes before it.
        namespace: The claim's namespace.
        claim: Its name.

    Raises:
        UnknownClassError: When the cluster does not say.
    """
    read = _reader(os.environ.get(CONTEXT_VARIABLE) or context)
    found = read(f"/api/v1/namespaces/{quote(namespace)}/persistentvolumeclaims/{quote(claim)}")
    if found is None:
        return None
    # As the admission reads it: `GetPersistentVolumeClaimClass`, with the annotation of before 1.6 first.
    old = (found["metadata"].get("annotations") or {}).get("volume.beta.kubernetes.io/storage-class")
    name = str(old or found["spec"].get("storageClassName") or "")
    storage_class = read(f"/apis/storage.k8s.io/v1/storageclasses/{quote(name)}") if name else None
    return None if (storage_class or {}).get("allowVolumeExpansion") is True else name or "of no name"


def _reader(context: str) -> Any:
    try:
        from pulumi_mlops._shared.kubernetes import library  # noqa: PLC0415 - not in every program's environment
    except ModuleNotFoundError as error:
        raise UnknownClassError(
            f"got no module {error.name}, expected the Kubernetes client, fix: install pulumi-mlops[cli]"
        ) from error
    configuration = library.configuration.Configuration()
    configuration.retries = 1
    try:
        library.kube_config.load_kube_config(context=context, client_configuration=configuration)
        connections = library.rest.RESTClientObject(configuration)
    except (library.config_exception.ConfigException, OSError) as error:
        raise UnknownClassError(
            f"got no usable context {context} ({_first_line(error)}), expected it in the kubeconfig, "
            f"fix: set KUBECONFIG, or name another context in {CONTEXT_VARIABLE}"
        ) from error

    def read(path: str) -> Any:
        headers = {"accept": "application/json"}
        headers |= {setting["key"]: setting["value"] for setting in configuration.auth_settings().values()}
        try:
            answer = connections.request(
                "GET", f"{configuration.host}{path}", headers=headers, _request_timeout=_TIMEOUT_SECONDS
            )
        except library.exceptions.ApiException as error:
            if error.status == 404:
                return None
            raise UnknownClassError(
                f"{path}: got {error.status} ({error.reason}), expected the object, fix: ask whoever may read it"
            ) from error
        except Exception as error:  # the library's own are of many kinds
            raise UnknownClassError(
                f"{path}: got no answer ({_first_line(error)}), expected the object, fix: start the cluster"
            ) from error
        return json.loads(answer.data)

    return read


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0][:200]
