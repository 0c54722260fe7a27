"""An endpoint that is reached from outside: what is declared for it, and what is refused."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from pulumi_mlops import ArgumentsError
from pulumi_mlops.endpoint.expose import render
from pulumi_mlops.endpoint.kubernetes.settings import resolve
from tests import kubernetes_documents
from tests.recording import Declaration
from tests.unit.endpoint.kubernetes_declaration import PLACE, arguments, container, endpoint

GATEWAY = {"name": "public", "namespace": "gateways", "section_name": "https"}
INGRESS = {"class_name": "nginx", "controller_namespace": "ingress-nginx", "tls_secret_name": "delays-tls"}
JWT = {"issuer": "https://login.example.com/", "audience": "delays", "jwks_url": "https://login.example.com/jwks.json"}
EXPOSE: dict[str, Any] = {"host": "delays.example.com", "gateway": GATEWAY, "api_keys_secret_name": "delay-clients"}
BY_INGRESS = {key: value for key, value in EXPOSE.items() if key != "gateway"} | {"ingress": INGRESS}
SCHEMA = json.loads((Path(__file__).parent / "http_route_schema.json").read_text())
# What the definition says besides, in CEL: of Exact and PathPrefix.
PATH = re.compile(r"(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|[%][0-9a-fA-F]{2})+")


def check_http_route(document: dict[str, Any]) -> None:
    """Raise unless the CustomResourceDefinition's schema takes a route, unknown fields forbidden."""
    jsonschema.Draft202012Validator(closed(SCHEMA)).validate(document)
    for rule in document["spec"]["rules"]:
        assert all(PATH.fullmatch(match["path"]["value"]) for match in rule["matches"])


def closed(node: Any) -> Any:
    if isinstance(node, list):
        return [closed(each) for each in node]
    if not isinstance(node, dict):
        return node
    schema = {key: closed(value) for key, value in node.items()}
    return (
        {**schema, "additionalProperties": False} if "properties" in node and node.get("type") == "object" else schema
    )


def route_of(declaration: Declaration) -> dict[str, Any]:
    return declaration.one("HTTPRoute").inputs


def test_the_route_has_the_form_that_the_gateway_api_asks_for() -> None:
    route = route_of(endpoint(expose=EXPOSE))
    # The schema knows an object's metadata as an object; that of ours is as every object's.
    check_http_route({**route, "metadata": {}})
    assert route["spec"]["parentRefs"][0]["sectionName"] == "https"
    assert route["spec"]["hostnames"] == ["delays.example.com"]
    # The server says itself that it is late.
    assert route["spec"]["rules"][0]["timeouts"] == {"request": "65s"}


@pytest.mark.parametrize("change", [{"hostname": ["a"]}, {"hostnames": "a"}, {"hostnames": ["A.example.com"]}])
def test_a_route_of_another_form_is_found(change: dict[str, Any]) -> None:
    route = route_of(endpoint(expose=EXPOSE))
    with pytest.raises(jsonschema.ValidationError):
        check_http_route({**route, "metadata": {}, "spec": {**route["spec"], **change}})


def test_only_what_asks_the_model_is_led_to_it() -> None:
    matches = route_of(endpoint(expose=EXPOSE))["spec"]["rules"][0]["matches"]
    assert {match["path"]["type"] for match in matches} == {"Exact"}
    assert {(match["method"], match["path"]["value"]) for match in matches} == {
        ("POST", "/v1/models/flight-delay:predict"),
        ("POST", "/v2/models/flight-delay/infer"),
        ("GET", "/v2/models/flight-delay"),
        ("GET", "/v1/models"),
        ("POST", "/v1/completions"),
        ("POST", "/v1/chat/completions"),
    }


def test_an_ingress_has_tls_and_paths_that_every_controller_takes() -> None:
    annotations = {"traefik.ingress.kubernetes.io/router.entrypoints": "websecure"}
    declaration = endpoint(expose=BY_INGRESS | {"ingress": {**INGRESS, "annotations": annotations}})
    ingress = declaration.one("Ingress").inputs
    kubernetes_documents.check_schema(ingress)
    assert ingress["metadata"]["annotations"] == annotations
    assert ingress["spec"]["tls"] == [{"hosts": ["delays.example.com"], "secretName": "delays-tls"}]
    (rule,) = ingress["spec"]["rules"]
    assert rule["host"] == "delays.example.com"
    paths = [path["path"] for path in rule["http"]["paths"]]
    # ingress-nginx refuses others: internal/ingress/inspector, with strict-validate-path-type.
    assert all(re.fullmatch(r"/[A-Za-z0-9\-_/]*", path) for path in paths)
    for inside in ("/metrics", "/mlops/identity", "/v2/repository/models/flight-delay/load", "/v2/health/live"):
        assert not any(inside == path or inside.startswith(f"{path}/") for path in paths)


@pytest.mark.parametrize(
    "expose",
    [
        EXPOSE,
        BY_INGRESS,
        {**EXPOSE, "jwt": JWT, "rate_limit": {"requests_per_minute_per_replica": 60}},
        {
            "host": "delays.example.com",
            "gateway": GATEWAY,
            "jwt": {**{k: v for k, v in JWT.items() if k != "jwks_url"}, "jwks_config_map_name": "login"},
        },
    ],
)
@pytest.mark.parametrize("place", [{}, {"cluster_assigned_user": True}])
def test_every_object_has_the_form_that_kubernetes_asks_for(expose: dict[str, Any], place: dict[str, Any]) -> None:
    declared = endpoint(expose=expose, kubernetes={**PLACE, **place}).resources
    for document in kubernetes_documents.objects(declared):
        if document["kind"] == "HTTPRoute":
            continue
        # A secret is recorded as a placeholder.
        shown = document | ({"data": {}} if document["kind"] == "Secret" else {})
        kubernetes_documents.check_schema(shown)
        for pod in kubernetes_documents.pod_specs(document):
            found = kubernetes_documents.weaknesses(pod)
            assert [weakness for weakness in found if not (place and weakness == "may run as root")] == []


def option(declaration: Declaration, name: str) -> str | None:
    command = container(declaration, "Deployment", "server")["command"]
    return command[command.index(name) + 1] if name in command else None


def test_the_server_is_told_who_may_call() -> None:
    limit = {"requests_per_minute_per_replica": 600, "burst": 20}
    declaration = endpoint(expose={**EXPOSE, "jwt": {**JWT, "scope": "predict"}, "rate_limit": limit})
    told = {
        "--client-keys": "/access/clients",
        "--own-keys": "/access/own",
        "--https-host": "delays.example.com",
        "--jwt-issuer": "https://login.example.com/",
        "--jwt-audience": "delays",
        "--jwt-scope": "predict",
        "--jwks-url": "https://login.example.com/jwks.json",
        "--jwks-file": None,
        "--requests-per-minute": "600",
        "--burst": "20",
    }
    assert {name: option(declaration, name) for name in told} == told
    pod = declaration.one("Deployment").inputs["spec"]["template"]["spec"]
    volumes = {volume["name"]: volume.get("secret", {}).get("secretName") for volume in pod["volumes"]}
    assert volumes["client-keys"] == "delay-clients"
    assert volumes["own-keys"] == "flight-delay-truth"
    mounts = {mount["mountPath"]: mount for mount in container(declaration, "Deployment", "server")["volumeMounts"]}
    assert mounts["/access/clients"]["readOnly"]
    assert mounts["/access/own"]["readOnly"]
    # A file that is mounted alone is never replaced.
    assert not any("subPath" in mount for mount in mounts.values())


def test_a_server_that_is_not_exposed_asks_nobody() -> None:
    command = container(endpoint(), "Deployment", "server")["command"]
    assert not [word for word in command if "keys" in word or "jwt" in word]
    assert not {"Secret", "HTTPRoute", "Ingress"} & endpoint().kinds()


def test_the_truth_check_has_a_key_of_its_own_and_no_clients() -> None:
    declaration = endpoint(expose=EXPOSE)
    pod = declaration.one("Job").inputs["spec"]["template"]["spec"]
    check = container(declaration, "Job", "check")
    assert check["command"][check["command"].index("--key-file") + 1] == "/access/own/truth-check"
    assert [volume["secret"]["secretName"] for volume in pod["volumes"] if "secret" in volume] == ["flight-delay-truth"]
    secret = declaration.one("Secret")
    assert secret.inputs["data"] == "[secret]"
    # Drawn at each run of the program, and kept as it was first.
    assert list(secret.options.ignoreChanges) == ["data"]


def test_the_stacks_own_key_is_under_its_clients_name() -> None:
    document = render.own_keys({}, "a-key")
    assert base64.b64decode(document["data"]["truth-check"]) == b"a-key"


def test_the_way_is_opened_to_what_has_been_proved() -> None:
    assert endpoint(expose=EXPOSE).one("HTTPRoute").depends_on == {
        "kubernetes:batch/v1:Job::flight-delay-truth-check",
        "kubernetes:core/v1:Service::flight-delay-outside",
    }


def test_the_route_never_leads_to_servers_that_ask_nobody() -> None:
    """An update that takes `expose` away changes the Deployment first and deletes the route last."""

    def is_selected(service: Declaration, deployment: Declaration) -> bool:
        selector = service.one("Service", "flight-delay-outside").inputs["spec"]["selector"]
        labels = deployment.one("Deployment").inputs["spec"]["template"]["metadata"]["labels"]
        return bool(selector.items() <= labels.items())

    exposed, not_exposed = endpoint(expose=EXPOSE), endpoint()
    for kind in (EXPOSE, BY_INGRESS):
        route = endpoint(expose=kind)
        backends = str((route.one("HTTPRoute") if kind is EXPOSE else route.one("Ingress")).inputs["spec"])
        assert "'name': 'flight-delay-outside'" in backends
    assert is_selected(exposed, exposed)
    assert not is_selected(exposed, not_exposed)
    # The Deployment's own selector, which cannot be changed, is the same.
    selectors = [each.one("Deployment").inputs["spec"]["selector"] for each in (exposed, not_exposed)]
    assert selectors[0] == selectors[1]


def callers(declaration: Declaration) -> list[str]:
    (rule,) = declaration.one("NetworkPolicy", "flight-delay").inputs["spec"]["ingress"]
    return [caller["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"] for caller in rule["from"]]


def test_the_policy_lets_the_proxy_in_and_no_other_namespace() -> None:
    assert callers(endpoint(expose=EXPOSE)) == ["flights-prod", "gateways"]
    elsewhere = {**EXPOSE, "gateway": {**GATEWAY, "proxy_namespace": "envoy-gateway-system"}}
    assert callers(endpoint(expose=elsewhere)) == ["flights-prod", "envoy-gateway-system"]
    assert callers(endpoint(expose=BY_INGRESS)) == ["flights-prod", "ingress-nginx"]
    named = endpoint(expose=EXPOSE, kubernetes={**PLACE, "allowed_namespaces": ["shop", "monitoring"]})
    assert callers(named) == ["flights-prod", "gateways", "shop", "monitoring"]


def test_the_servers_reach_the_issuers_keys() -> None:
    def ports(declaration: Declaration) -> list[int]:
        rules = declaration.one("NetworkPolicy", "flight-delay").inputs["spec"]["egress"]
        return [port["port"] for rule in rules for port in rule.get("ports", ())]

    assert 443 in ports(endpoint(expose={**EXPOSE, "jwt": JWT}))
    assert 443 not in ports(endpoint(expose=EXPOSE))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"gateway": None}, "expose: got nothing, expected exactly one of gateway and ingress"),
        ({"ingress": INGRESS}, "expose: got ['gateway', 'ingress'], expected exactly one of gateway and ingress"),
        ({"api_keys_secret_name": None}, "expose: got nothing, expected api_keys_secret_name or jwt"),
        ({"jwt": {"issuer": "a", "audience": "b"}}, "expose.jwt: got nothing, expected exactly one of jwks_url and"),
        (
            {"jwt": {**JWT, "jwks_config_map_name": "x"}},
            "expose.jwt: got ['jwks_url', 'jwks_config_map_name'], expected",
        ),
        ({"jwt": {**JWT, "jwks_url": "http://login.example.com/"}}, "expose.jwt.jwks_url: got"),
        ({"jwt": {**JWT, "jwks_url": "https://user:pass@login.example.com/"}}, "credentials or a query (not shown)"),
        ({"jwt": {**JWT, "issuer": 'a"b'}}, "expose.jwt.issuer: got"),
        ({"host": "localhost"}, "expose.host: got 'localhost'"),
        ({"host": "*.example.com"}, "expose.host: got"),
        ({"host": "10.0.0.1"}, "expose.host: got"),
        ({"host": "https://delays.example.com"}, "expose.host: got"),
        ({"host": "Delays.example.com"}, "expose.host: got"),
        ({"host": None}, "expose.host: got nothing"),
        ({"gateway": {"name": "public"}}, "expose.gateway.namespace: got nothing"),
        ({"rate_limit": {"requests_per_minute_per_replica": 0}}, "requests_per_minute_per_replica: got 0"),
        ({"rate_limit": {}}, "expose.rate_limit.requests_per_minute_per_replica: got nothing"),
        ({"password": "x"}, "expose.password: got an unknown key"),
    ],
)
def test_what_would_not_hold_is_refused(changes: dict[str, Any], told: str) -> None:
    expose = {key: value for key, value in (EXPOSE | changes).items() if value is not None}
    with pytest.raises(ArgumentsError) as caught:
        resolve("flight-delay", arguments(expose=expose))
    assert told in str(caught.value)
    assert "user:pass" not in str(caught.value)
