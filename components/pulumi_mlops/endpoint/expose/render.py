"""The Kubernetes objects by which an endpoint is reached from outside, and what its pods need to judge callers."""

import base64
from collections.abc import Sequence

import pulumi

from pulumi_mlops._shared import names
from pulumi_mlops._shared.documents import Document
from pulumi_mlops._shared.inputs import combine
from pulumi_mlops._shared.kubernetes import network, pods
from pulumi_mlops.endpoint.expose.settings import Exposure, GatewayRoute, IngressRoute

FOLDER = "/access"
CLIENT_KEYS_FOLDER = f"{FOLDER}/clients"
OWN_KEYS_FOLDER = f"{FOLDER}/own"
KEY_SET_FOLDER = f"{FOLDER}/key-set"
KEY_SET_FILE = "jwks.json"
OWN_CLIENT = "truth-check"
"""What metrics call the stack's own caller."""
READABLE_BY_GROUP = 0o440
# What the gateway waits longer than the server, which says itself that it is late.
GATEWAY_MARGIN_SECONDS = 5


def own_keys(metadata: Document, key: pulumi.Input[str]) -> Document:
    """Return the Secret with the key that the truth check asks with.

    Args:
        metadata: The Secret's metadata.
        key: The key.
    """
    data = {OWN_CLIENT: combine(lambda known: base64.b64encode(known.encode()).decode(), key)}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "data": data}


def server_options(exposure: Exposure | None) -> list[pulumi.Input[str]]:
    """Return what tells the model server who may call, and how often; nothing where anybody may."""
    if exposure is None:
        return []
    options: list[pulumi.Input[str]] = ["--own-keys", OWN_KEYS_FOLDER, "--https-host", exposure.host]
    if exposure.api_keys_secret_name is not None:
        options += ["--client-keys", CLIENT_KEYS_FOLDER]
    if (tokens := exposure.tokens) is not None:
        options += ["--jwt-issuer", tokens.issuer, "--jwt-audience", tokens.audience]
        options += ["--jwt-scope", tokens.scope] if tokens.scope is not None else []
        in_file = f"{KEY_SET_FOLDER}/{KEY_SET_FILE}"
        options += ["--jwks-file", in_file] if tokens.jwks_url is None else ["--jwks-url", tokens.jwks_url]
    if (limit := exposure.rate_limit) is not None:
        options += ["--requests-per-minute", str(limit.requests_per_minute), "--burst", str(limit.burst)]
    return options


def server_volumes(exposure: Exposure | None, own_secret: str) -> list[Document]:
    """Return the volumes that the model server reads keys from. A pod does not start where one is not there.

    Args:
        exposure: How the endpoint is reached.
        own_secret: Name of the Secret with the stack's own key.
    """
    if exposure is None:
        return []
    volumes = [own_volume(own_secret)]
    if exposure.api_keys_secret_name is not None:
        volumes.append(_secret_volume("client-keys", exposure.api_keys_secret_name))
    if exposure.tokens is not None and exposure.tokens.jwks_config_map_name is not None:
        source = {"name": exposure.tokens.jwks_config_map_name, "defaultMode": READABLE_BY_GROUP}
        volumes.append({"name": "key-set", "configMap": source})
    return volumes


def server_mounts(exposure: Exposure | None) -> list[Document]:
    """Return the mounts of those volumes. None of a single file: that would never change with its Secret."""
    if exposure is None:
        return []
    mounts = [own_mount()]
    if exposure.api_keys_secret_name is not None:
        mounts.append(pods.mount("client-keys", CLIENT_KEYS_FOLDER, read_only=True))
    if exposure.tokens is not None and exposure.tokens.jwks_config_map_name is not None:
        mounts.append(pods.mount("key-set", KEY_SET_FOLDER, read_only=True))
    return mounts


def own_volume(own_secret: str) -> Document:
    """Return the volume with the stack's own key."""
    return _secret_volume("own-keys", own_secret)


def own_mount() -> Document:
    """Return its mount."""
    return pods.mount("own-keys", OWN_KEYS_FOLDER, read_only=True)


def _secret_volume(name: str, secret_name: pulumi.Input[str]) -> Document:
    return {"name": name, "secret": {"secretName": secret_name, "defaultMode": READABLE_BY_GROUP}}


def egress(exposure: Exposure | None) -> list[pulumi.Input[list[Document]]]:
    """Return what the model server must reach to judge callers: where the issuer's keys are."""
    if exposure is None or exposure.tokens is None or exposure.tokens.jwks_url is None:
        return []
    return [network.to_url(exposure.tokens.jwks_url)]


def route(
    exposure: Exposure, metadata: Document, service: str, model_name: str, request_timeout_seconds: int
) -> Document:
    """Return the object by which requests to the host come to the Service: an HTTPRoute or an Ingress.

    Args:
        exposure: How the endpoint is reached.
        metadata: The object's metadata.
        service: The Service that it leads to.
        model_name: The model's name in paths.
        request_timeout_seconds: How long the endpoint itself takes for a request at most.
    """
    if isinstance(exposure.route, GatewayRoute):
        seconds = request_timeout_seconds + GATEWAY_MARGIN_SECONDS
        return _http_route(exposure.host, exposure.route, metadata, service, _matches(model_name), seconds)
    return _ingress(exposure.host, exposure.route, metadata, service, model_name)


def _matches(model_name: str) -> list[Document]:
    """Return the requests that are for the model: no metrics, no health, nothing of the server's own.

    The stack does not know whether a version is a language model: the server has the paths of one kind or the other.
    """
    asked = ("POST", f"/v1/models/{model_name}:predict"), ("POST", f"/v2/models/{model_name}/infer")
    described = ("GET", f"/v2/models/{model_name}"), ("GET", "/v1/models")
    completed = ("POST", "/v1/completions"), ("POST", "/v1/chat/completions")
    return [
        {"path": {"type": "Exact", "value": path}, "method": method}
        for method, path in (*asked, *described, *completed)
    ]


def _http_route(
    host: pulumi.Input[str],
    gateway: GatewayRoute,
    metadata: Document,
    service: str,
    matches: Sequence[Document],
    timeout_seconds: int,
) -> Document:
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": metadata,
        "spec": {
            "parentRefs": [
                {
                    "group": "gateway.networking.k8s.io",
                    "kind": "Gateway",
                    "name": gateway.name,
                    "namespace": gateway.namespace,
                    # One listener, and that with TLS: a route of the whole Gateway would hold for plain HTTP too.
                    "sectionName": gateway.section_name,
                }
            ],
            "hostnames": [host],
            "rules": [
                {
                    "matches": list(matches),
                    "backendRefs": [_backend(service)],
                    # Otherwise it is the gateway's own, 15 seconds for Envoy.
                    "timeouts": {"request": f"{timeout_seconds}s"},
                }
            ],
        },
    }


def _backend(service: str) -> Document:
    return {"group": "", "kind": "Service", "name": service, "port": names.ENDPOINT_PORT, "weight": 1}


def _ingress(
    host: pulumi.Input[str], ingress: IngressRoute, metadata: Document, service: str, model_name: str
) -> Document:
    """Return an Ingress. Its paths are coarser than an HTTPRoute's.

    ingress-nginx takes letters, digits, '-', '_' and '/' alone in a path, and no ':' as in `:predict`
    (strict-validate-path-type, kubernetes.github.io/ingress-nginx). An Ingress knows no methods either. What the server
    has below these paths is the model's alone; the server refuses the rest.
    """
    backend = {"service": {"name": service, "port": {"name": "http"}}}
    paths = [
        ("Prefix", "/v1/models"),
        ("Prefix", f"/v2/models/{model_name}"),
        ("Exact", "/v1/completions"),
        ("Exact", "/v1/chat/completions"),
    ]
    if ingress.annotations:
        metadata = {**metadata, "annotations": dict(ingress.annotations)}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": metadata,
        "spec": {
            "ingressClassName": ingress.class_name,
            "tls": [{"hosts": [host], "secretName": ingress.tls_secret_name}],
            "rules": [
                {
                    "host": host,
                    "http": {"paths": [{"path": path, "pathType": kind, "backend": backend} for kind, path in paths]},
                }
            ],
        },
    }
