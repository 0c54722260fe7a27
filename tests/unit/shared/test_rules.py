from typing import Any

import pytest

from pulumi_mlops._shared.documents import content_hash, to_json
from pulumi_mlops._shared.kubernetes import labels, network, quantities


@pytest.mark.parametrize(
    "url",
    [
        "http://mlflow.flights-dev.svc.cluster.local:5000",
        "http://mlflow.flights-dev.svc",
        "https://mlflow.flights-dev.svc.cluster.local/path",
        "http://mlflow-0.mlflow.flights-dev.svc.cluster.local",
    ],
)
def test_a_service_of_the_cluster_opens_its_namespace_whatever_the_ports_of_its_pods(url: str) -> None:
    namespace = {"matchLabels": {"kubernetes.io/metadata.name": "flights-dev"}}
    assert network.to_url(url) == [{"to": [{"namespaceSelector": namespace}]}]


@pytest.mark.parametrize(
    ("url", "port"),
    [
        ("https://mlflow.example.com", 443),
        ("http://mlflow.example.com:5000", 5000),
        ("http://10.0.0.1:5000", 5000),
        ("http://[fd00::1]:5000", 5000),
    ],
)
def test_an_address_outside_opens_its_port(url: str, port: int) -> None:
    assert network.to_url(url) == [{"ports": [{"port": port, "protocol": "TCP"}]}]


def test_dns_is_asked_wherever_it_is() -> None:
    rule = network.to_dns()
    assert "to" not in rule
    assert {(port["port"], port["protocol"]) for port in rule["ports"]} == {
        *((53, "UDP"), (53, "TCP"), (5353, "UDP"), (5353, "TCP")),
    }


@pytest.mark.parametrize(("cpu", "reserved"), [("2", "500m"), ("500m", "125m"), ("0.5", "125m"), ("1m", "1m")])
def test_a_step_reserves_a_quarter_of_its_cpu_and_all_of_its_memory(cpu: str, reserved: str) -> None:
    resources = quantities.batch_resources({"cpu": cpu, "memory": "2Gi"})
    assert resources == {
        "requests": {"cpu": reserved, "memory": "2Gi"},
        "limits": {"cpu": cpu, "memory": "2Gi"},
    }


def test_tags_become_labels_of_our_own_unless_they_say_whose_they_are() -> None:
    assert labels.tag_labels({"owner": "team-flights", "example.com/cost": "42"}) == {
        "pulumi-mlops.dev/owner": "team-flights",
        "example.com/cost": "42",
    }


def test_tags_never_replace_the_labels_that_objects_are_found_by() -> None:
    found_by = labels.pod_labels("x", "endpoint", workload="flight-delay")
    taken: Any = dict.fromkeys([*found_by, "app.kubernetes.io/managed-by"], "someone")
    document = labels.metadata("x", "ns", found_by, taken)
    assert document["labels"] == {**found_by, "app.kubernetes.io/managed-by": "pulumi"}


def test_a_hash_is_of_the_content_alone() -> None:
    assert content_hash({"a": 1, "b": [2]}) == content_hash({"b": [2], "a": 1})
    assert content_hash({"a": 1}) != content_hash({"a": "1"})
    assert to_json({"b": 1, "a": "é"}) == '{"a":"é","b":1}'
