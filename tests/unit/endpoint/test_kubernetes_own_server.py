"""A model server of the user's own in an endpoint's pods."""

import json
from typing import Any

import pytest

from mlops_runtime.serving import guard, truth_check
from mlops_runtime.serving.golden_requests import PLACEHOLDERS, HowAsked
from pulumi_mlops import ArgumentsError
from pulumi_mlops.endpoint.kubernetes.own_server import settings
from tests import kubernetes_documents
from tests.unit.endpoint.kubernetes_declaration import DIGEST, IMAGE, PLACE, container, endpoint

SERVER_IMAGE = "registry.example/team/server@sha256:" + "e" * 64
CUSTOM = {"path": "/score", "request": '{"rows": "$rows"}', "answers": "/scores"}


def own(**server: Any) -> dict[str, Any]:
    return {**PLACE, "server": {"image": SERVER_IMAGE, **server}}


def test_every_object_is_kubernetes_own_and_no_pod_is_weaker_for_it() -> None:
    declaration = endpoint(kubernetes=own(command=["serve", "--fast"], protocol="custom", custom=CUSTOM))
    for document in kubernetes_documents.objects(declaration.resources):
        kubernetes_documents.check_schema(document)
        for pod in kubernetes_documents.pod_specs(document):
            assert kubernetes_documents.weaknesses(pod) == []


def test_the_server_runs_its_own_command_on_the_verified_model() -> None:
    kubernetes = own(port=9000, health_path="/healthz", model_mount_path="/models/it", environment={"WORKERS": "2"})
    declaration = endpoint(kubernetes=kubernetes)
    server = container(declaration, "Deployment", "server")
    assert server["image"] == SERVER_IMAGE
    assert "command" not in server
    assert {"name": "model", "mountPath": "/models/it", "readOnly": True} in server["volumeMounts"]
    assert server["ports"] == [{"name": "http", "containerPort": 9000, "protocol": "TCP"}]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert server[probe]["httpGet"] == {"path": "/healthz", "port": "http"}
    variables = {each["name"]: each["value"] for each in server["env"]}
    assert variables["WORKERS"] == "2"
    assert variables["MLOPS_MODEL_DIGEST"] == DIGEST
    fetch = container(declaration, "Deployment", "fetch")
    assert fetch["image"] == IMAGE
    assert container(endpoint(kubernetes=own(command=["serve"])), "Deployment", "server")["command"] == ["serve"]


def test_the_guard_and_the_check_ask_as_the_server_is_asked() -> None:
    kubernetes = own(port=9000, protocol="custom", custom=CUSTOM)
    declaration = endpoint(kubernetes=kubernetes, allow_code_formats=["joblib"])
    beside, check = container(declaration, "Deployment", "guard"), container(declaration, "Job", "check")
    assert beside["image"] == IMAGE
    guarded = guard.parser().parse_args(beside["command"][3:])
    assert guarded.server_url == "http://127.0.0.1:9000"
    assert guarded.asked == HowAsked(protocol="custom", **CUSTOM)
    assert guarded.allow_code_formats == ("joblib",)
    checked = truth_check.parser().parse_args(check["command"][3:])
    assert checked.asked == guarded.asked
    assert checked.guard_url == "http://flight-delay.flights-prod.svc:8079"
    assert guarded.digest == checked.digest == DIGEST


def test_callers_and_the_check_reach_both_ports() -> None:
    declaration = endpoint(kubernetes=own(port=9000))
    ports = declaration.one("Service").inputs["spec"]["ports"]
    assert [(port["port"], port["targetPort"]) for port in ports] == [(80, "http"), (8079, "guard")]
    policies = [each.inputs["spec"] for each in declaration.resources if each.type.endswith(":NetworkPolicy")]
    ingress = [port["port"] for spec in policies for rule in spec.get("ingress", []) for port in rule["ports"]]
    assert ingress == [9000, 8079]
    assert [9000, 8079] in [
        [port["port"] for port in rule.get("ports", [])] for spec in policies for rule in spec.get("egress", [])
    ]


def test_a_changed_server_is_another_check() -> None:
    names = {
        str(endpoint(kubernetes=kubernetes).one("Job").inputs["metadata"]["name"])
        for kubernetes in (PLACE, own(), own(protocol="v1"), own(command=["other"]))
    }
    assert len(names) == 4


def test_what_may_stand_for_the_rows_is_what_the_guard_fills_in() -> None:
    assert settings.PLACEHOLDERS == PLACEHOLDERS


@pytest.mark.parametrize(
    ("server", "path", "told"),
    [
        ({"image": "team/server:latest"}, "image", "pinned by digest"),
        ({"port": 8079}, "port", "the guard beside the server listens on it"),
        ({"port": 80}, "port", "1024 to 65535"),
        ({"health_path": "healthz"}, "health_path", "the path of a URL"),
        ({"model_mount_path": "/usr/lib"}, "model_mount_path", "not the image's own"),
        ({"model_mount_path": "/models/../etc"}, "model_mount_path", "an absolute folder"),
        ({"environment": {"MLOPS_MODEL_DIGEST": "x"}}, "environment.MLOPS_MODEL_DIGEST", "which are the model's"),
        ({"protocol": "grpc"}, "protocol", "one of v2, v1, custom"),
        ({"protocol": "custom"}, "custom", "path, request and answers"),
        ({"custom": CUSTOM}, "custom", "none with the protocol v2"),
        ({"protocol": "custom", "custom": {**CUSTOM, "request": "{"}}, "custom.request", "a request as JSON"),
        ({"protocol": "custom", "custom": {**CUSTOM, "request": "{}"}}, "custom.request", "one place for the golden"),
        ({"protocol": "custom", "custom": {**CUSTOM, "answers": "scores"}}, "custom.answers", "a JSON pointer"),
        ({"workers": 2}, "workers", "an unknown key"),
    ],
)
def test_fails_where_the_server_could_not_be_asked(server: dict[str, Any], path: str, told: str) -> None:
    with pytest.raises(ArgumentsError) as caught:
        endpoint(kubernetes=own(**server))
    (problem,) = caught.value.problems
    assert problem.path == f"kubernetes.server.{path}"
    assert told in str(problem)


def test_a_pod_has_one_kind_of_server() -> None:
    kubernetes = {**own(), "vllm": {"image": SERVER_IMAGE}, "accelerator": {}}
    with pytest.raises(ArgumentsError, match=r"kubernetes\.vllm: .*expected none beside kubernetes\.server"):
        endpoint(kubernetes=kubernetes)


def test_how_a_server_is_asked_is_read_as_it_was_written() -> None:
    written = container(endpoint(kubernetes=own()), "Deployment", "guard")["command"]
    assert json.loads(written[written.index("--asked") + 1]) == {"protocol": "v2"}
