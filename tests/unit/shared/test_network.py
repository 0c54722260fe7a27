import pulumi
import pytest

from pulumi_mlops._shared.kubernetes.network import policy, to_dns, to_pod_identity_agent, to_url
from tests.recording import declare


@pytest.mark.parametrize("url", ["http://mlflow:secret@host:port", "http://[::1", "http://mlflow:secret@host:99999"])
def test_an_address_that_is_none_is_told_without_what_it_holds(url: str) -> None:
    with pytest.raises(ValueError, match=r"expected http\(s\)://host") as told:
        to_url(url)
    assert "secret" not in str(told.value)
    assert told.value.__cause__ is None


def test_an_address_outside_is_known_by_its_port() -> None:
    assert to_url("https://models.example.com") == [{"ports": [{"port": 443, "protocol": "TCP"}]}]
    assert to_url("http://models.example.com:5000") == [{"ports": [{"port": 5000, "protocol": "TCP"}]}]


IN_NAMESPACE = {"to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ml-dev"}}}]}


@pytest.mark.parametrize("domain", [".svc", ".svc.cluster.local", ".svc.corp.example", ".svc.cluster.local."])
def test_a_service_is_reached_at_whatever_port_its_pods_have_and_whatever_the_clusters_domain(domain: str) -> None:
    assert to_url(f"http://mlflow.ml-dev{domain}") == [IN_NAMESPACE]
    assert to_url(f"http://mlflow.ml-dev{domain}:5000") == [IN_NAMESPACE]


def test_a_short_name_may_be_a_services_or_a_hosts_outside() -> None:
    port_80 = {"ports": [{"port": 80, "protocol": "TCP"}]}
    assert to_url("http://mlflow.ml-dev") == [IN_NAMESPACE, port_80]
    assert to_url("http://mlflow") == [{"to": [{"podSelector": {}}]}, port_80]


def test_rules_and_lists_of_rules_are_one_list_also_when_a_url_is_known_later() -> None:
    def program() -> object:
        later = pulumi.Output.from_input("http://mlflow.ml-dev.svc:5000")
        rules = [to_dns(), to_url(later), to_pod_identity_agent()]
        return policy({"name": "x"}, {"a": "b"}, egress=rules)["spec"]["egress"]

    assert declare(program).result == [to_dns(), IN_NAMESPACE, to_pod_identity_agent()]
