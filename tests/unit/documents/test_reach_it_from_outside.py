"""The page about an endpoint that is reached from outside: its stack file is rendered, and what is rendered is run.

The server is a process with the command of the rendered Deployment. In front of it is Envoy, with the routes of the
rendered HTTPRoute or Ingress. The page's own commands call it.
"""

import contextlib
import os
import re
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

pytest.importorskip("kserve", reason="KServe has no release for this Python yet")
pytest.importorskip("envoy", reason="Envoy's wheel is for Linux")

from mlops_runtime.artifact import digest_directory
from mlops_runtime.serving import truth_check
from pulumi_mlops.cli.render.program import render_stack
from pulumi_mlops.stack.project import find_project
from sandbox.ports import free_port
from tests import envoy
from tests.unit.pipelines.access.issuer import Issuer, serving
from tests.unit.pipelines.serving.artifacts import ROW, write_artifact

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "reach-it-from-outside.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The page's blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


GATEWAY, INGRESS = (yaml.safe_load(text) for text in blocks("yaml"))
MAKE_KEY, _, CALL, _ = blocks("bash")
HOST = "delays.example.com"
PREDICT = "/v1/models/flight-delay:predict"
ROWS = {"instances": [ROW]}
START_SECONDS = 300.0
BURST = GATEWAY["endpoint"]["expose"]["rate_limit"]["burst"]


@dataclass
class World:
    """A server, the proxy in front of it, and who may call."""

    folder: Path
    proxy: envoy.Proxy
    issuer: Issuer
    server_port: int
    digest: str
    key: str

    def call(self, method: str = "POST", path: str = PREDICT, *, host: str = HOST, **more: Any) -> httpx.Response:
        """Call by HTTPS, as from outside."""
        context = ssl.create_default_context(cafile=str(self.proxy.certificate))
        headers = {"host": host, **more.pop("headers", {})}
        with httpx.Client(verify=context, timeout=30, trust_env=False) as client:
            return client.request(
                method,
                f"https://127.0.0.1:{self.proxy.tls_port}{path}",
                headers=headers,
                extensions={"sni_hostname": HOST},
                json=ROWS if method == "POST" else None,
                **more,
            )

    def plain(self, port: int, headers: Mapping[str, str]) -> httpx.Response:
        """Call by plain HTTP."""
        return httpx.post(
            f"http://127.0.0.1:{port}{PREDICT}", json=ROWS, headers={"host": HOST, **headers}, trust_env=False
        )

    @property
    def server_url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def keyed(self) -> dict[str, str]:
        return {"x-api-key": self.key}

    def bearing(self, **claims: Any) -> dict[str, str]:
        return {"authorization": f"Bearer {self.issuer.token(**claims)}"}


def rendered(folder: Path, endpoint: Mapping[str, Any], digest: str) -> dict[str, dict[str, Any]]:
    """Render a stack whose workload has the page's lines; each object by its kind."""
    document = yaml.safe_load((ROOT / "tests" / "stacks" / "Pulumi.prod-local.yaml").read_text(encoding="utf-8"))
    workload = document["config"]["mlops:workloads"]["flight-delay"]
    workload["endpoint"] = dict(endpoint)
    workload["model"] = {"version": 7, "digest": digest}
    (folder / "Pulumi.page.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    stack = render_stack(replace(find_project(Path(__file__).parent), stacks=folder), "page")
    found = [resource.inputs for resource in stack.resources if resource.inputs.get("kind")]
    return {each["kind"]: each for each in found if each["metadata"]["name"].startswith("flight-delay")}


def command_of(deployment: Mapping[str, Any], places: Mapping[str, str], options: Mapping[str, str]) -> list[str]:
    """The server's command as it was rendered, at this machine's places and with these options' values."""
    (server,) = deployment["spec"]["template"]["spec"]["containers"]
    command = [places.get(word, word) for word in server["command"]]
    for option, value in options.items():
        command[command.index(option) + 1] = value
    return [sys.executable, *command[1:]]


@contextlib.contextmanager
def world(folder: Path, endpoint: Mapping[str, Any]) -> Iterator[World]:
    artifact, clients, own = (folder / name for name in ("artifact", "clients", "own"))
    write_artifact(artifact)
    for each in (clients, own):
        each.mkdir()
    subprocess.run(["bash", "-euc", MAKE_KEY], cwd=folder, check=True)
    # What kubectl makes of the page's file, and the kubelet of the Secret.
    (clients / "shop").write_bytes((folder / "shop.key").read_bytes())
    (own / "truth-check").write_text("the-stacks-own-key-0123456789")
    digest, port = digest_directory(artifact), free_port()
    objects = rendered(folder, endpoint, digest)
    places = {"/model": str(artifact), "/access/clients": str(clients), "/access/own": str(own)}
    with serving(Issuer()) as issuer:
        options = {"--port": str(port), "--jwks-url": issuer.url}
        command = command_of(objects["Deployment"], places, options)
        with (folder / "server.log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_ready(url, process, folder / "server.log")
            with envoy.running(folder, objects["HTTPRoute"], HOST, port) as proxy:
                key = (folder / "shop.key").read_text().strip()
                yield World(folder, proxy, issuer.issuer, port, digest, key)
        finally:
            process.terminate()
            process.wait(60)


def wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        with contextlib.suppress(httpx.HTTPError):
            # As the kubelet asks: with no key.
            if httpx.get(f"{url}/v2/models/flight-delay/ready", timeout=5, trust_env=False).status_code == 200:
                return
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("gateway"), GATEWAY["endpoint"]) as made:
        yield made


@pytest.fixture(scope="module")
def ingress(gateway: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The same server behind an Ingress, as the page's second stack file says it."""
    folder = tmp_path_factory.mktemp("ingress")
    route = rendered(folder, INGRESS["endpoint"], gateway.digest)["Ingress"]
    with envoy.running(folder, route, HOST, gateway.server_port) as proxy:
        yield replace(gateway, proxy=proxy)


def test_the_pages_call_is_answered(gateway: World) -> None:
    (gateway.folder / "rows.json").write_text('{"instances": [%s]}' % str(ROW).replace("'", '"'))  # noqa: UP031
    (gateway.folder / ".curlrc").write_text(
        f'connect-to = "{HOST}:443:127.0.0.1:{gateway.proxy.tls_port}"\ncacert = "{gateway.proxy.certificate}"\n'
    )
    answer = subprocess.run(
        ["bash", "-euc", CALL],
        cwd=gateway.folder,
        env={"PATH": os.environ["PATH"], "CURL_HOME": str(gateway.folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert '"predictions":[' in answer.stdout.replace(" ", "")


def test_a_right_credential_is_answered_over_tls(gateway: World, ingress: World) -> None:
    for headers in (
        gateway.keyed,
        {"authorization": f"Bearer {gateway.key}"},
        gateway.bearing(scope="predict"),
    ):
        answer = gateway.call(headers=headers)
        assert answer.status_code == 200, answer.text
        assert answer.headers["mlops-model-digest"] == gateway.digest
    assert ingress.call(headers=ingress.keyed).status_code == 200
    assert gateway.call("GET", "/v2/models/flight-delay", headers=gateway.keyed).status_code == 200


def test_no_credential_and_a_wrong_one_are_refused(gateway: World, ingress: World) -> None:
    for made in (gateway, ingress):
        for headers in (
            {},
            {"x-api-key": "wrong-key-0123456789abcdef"},
            {"authorization": "Basic c2hvcDprZXk="},
            made.bearing(scope="predict", aud="another"),
            made.bearing(scope="predict", iss="https://evil.example.com/"),
        ):
            answer = made.call(headers=headers)
            assert answer.status_code == 401, (headers, answer.text)
            assert answer.headers["www-authenticate"].startswith("Bearer")
    assert gateway.call(headers=gateway.bearing()).status_code == 403, "without the scope"


def test_an_expired_token_is_refused(gateway: World) -> None:
    answer = gateway.call(headers=gateway.bearing(scope="predict", exp=int(time.time()) - 60))
    assert answer.status_code == 401
    assert "expired" in answer.headers["www-authenticate"]


def test_another_host_is_refused(gateway: World, ingress: World) -> None:
    for made in (gateway, ingress):
        for host in ("other.example.com", "example.com", "127.0.0.1", f"x.{HOST}"):
            assert made.call(host=host, headers=made.keyed).status_code == 404


def test_no_tls_is_refused(gateway: World, ingress: World) -> None:
    # The listener without TLS has no such route; where a controller has it there as well, the server refuses.
    assert gateway.plain(gateway.proxy.plain_port, gateway.keyed).status_code == 404
    answer = ingress.plain(ingress.proxy.plain_port, ingress.keyed)
    assert answer.status_code == 403
    assert "plain HTTP" in answer.json()["error"]
    claiming = {**ingress.keyed, "x-forwarded-proto": "https"}
    assert ingress.plain(ingress.proxy.plain_port, claiming).status_code == 403
    with pytest.raises(httpx.HTTPError):
        gateway.plain(gateway.proxy.tls_port, gateway.keyed)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/metrics"),
        ("GET", "/mlops/identity"),
        ("GET", "/v2/health/ready"),
        ("GET", "/v2/health/live"),
        ("GET", "/"),
        ("GET", "/docs"),
        ("GET", "/v1/completions/../../metrics"),
        ("GET", "//metrics"),
        ("POST", "/v2/repository/models/flight-delay/load"),
        ("POST", "/v2/repository/index"),
    ],
)
def test_what_is_not_the_models_is_not_reached(gateway: World, ingress: World, method: str, path: str) -> None:
    for made in (gateway, ingress):
        assert made.call(method, path, headers=made.keyed).status_code == 404


def test_a_client_is_held_to_its_rate_limit(gateway: World) -> None:
    token = gateway.bearing(scope="predict", sub="eager")
    context = ssl.create_default_context(cafile=str(gateway.proxy.certificate))
    with httpx.Client(verify=context, timeout=30, trust_env=False) as client:
        answers = [
            client.post(
                f"https://127.0.0.1:{gateway.proxy.tls_port}{PREDICT}",
                json=ROWS,
                headers={"host": HOST, **token},
                extensions={"sni_hostname": HOST},
            )
            for _ in range(BURST * 4)
        ]
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {200, 429}
    assert statuses[:BURST] == [200] * BURST
    assert int(next(answer for answer in answers if answer.status_code == 429).headers["retry-after"]) >= 1
    assert gateway.call(headers=gateway.bearing(scope="predict", sub="other")).status_code == 200


def test_the_truth_check_passes_by_its_own_key_alone(gateway: World, capsys: pytest.CaptureFixture[str]) -> None:
    """In the cluster it calls the Service, and no gateway."""
    arguments = [
        *("--url", gateway.server_url, "--name", "flight-delay", "--version", "7", "--digest", gateway.digest),
        *("--model-directory", str(gateway.folder / "artifact"), "--settle-seconds", "0"),
    ]
    key_file = gateway.folder / "own" / "truth-check"
    assert truth_check.main([*arguments, "--key-file", str(key_file)]) == 0
    assert truth_check.main(arguments) == 1
    assert truth_check.main([*arguments, "--key-file", str(gateway.folder / "none")]) == 1
    told = capsys.readouterr()
    assert "got status 401" in told.err
    assert key_file.read_text() not in told.out + told.err


def test_no_credential_is_written_down(gateway: World) -> None:
    token = gateway.bearing(scope="predict")
    gateway.call(headers=gateway.keyed)
    gateway.call(headers=token)
    gateway.call(headers={"x-api-key": f"wrong{gateway.key}"})
    metrics = httpx.get(f"{gateway.server_url}/metrics", trust_env=False).text
    assert 'mlops_access_requests_total{client="shop",outcome="admitted"}' in metrics
    for text in (metrics, (gateway.folder / "server.log").read_text(), (gateway.folder / "envoy.log").read_text()):
        assert gateway.key not in text
        assert token["authorization"].split()[1] not in text


def test_a_key_is_changed_without_a_restart(ingress: World) -> None:
    file = ingress.folder / "clients" / "ship"
    new = {"x-api-key": "another-key-0123456789abcdef"}
    assert ingress.call(headers=new).status_code == 401
    file.write_text(new["x-api-key"])
    wait_for(lambda: ingress.call(headers=new).status_code == 200)
    file.unlink()
    wait_for(lambda: ingress.call(headers=new).status_code == 401)


def wait_for(condition: Any) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.2)
