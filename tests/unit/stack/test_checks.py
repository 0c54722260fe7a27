"""Settings that contradict each other, within a stack and between stacks."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pulumi_mlops.stack.across import problems_between
from pulumi_mlops.stack.arguments import workload_args
from pulumi_mlops.stack.document import StackDocument
from pulumi_mlops.stack.file import read_document
from pulumi_mlops.stack.model import StackConfig
from pulumi_mlops.stack.problems import Problem

Check = Callable[[str], list[Problem]]
REGISTRY_IMAGE = "      registry: localhost/pulumi-mlops/registry:0123456789abcdef\n"
OWN_REGISTRY = """    registry:
      database: sqlite
      artifacts_volume_gib: 5
      allowed_namespaces: [flights-prod]
"""
DEV_REGISTRY = "    registry: {url: http://mlflow.flights-dev.svc.cluster.local:5000}\n"


def test_a_stack_that_runs_its_registry_needs_the_image(good: str, check: Check) -> None:
    (problem,) = check(good.replace(REGISTRY_IMAGE, ""))
    assert (problem.path, problem.got) == ("mlops:platform.images.registry", "nothing")


def test_an_image_that_the_stack_does_not_run_is_refused(good: str, check: Check) -> None:
    (problem,) = check(good.replace(OWN_REGISTRY, DEV_REGISTRY))
    assert problem.path == "mlops:platform.images.registry"
    assert check(good.replace(OWN_REGISTRY, DEV_REGISTRY).replace(REGISTRY_IMAGE, "")) == []


def test_an_image_that_is_missing_is_told(good: str, check: Check) -> None:
    (problem,) = check(good.replace("      pipeline: localhost/pulumi-mlops/pipeline:0123456789abcdef\n", ""))
    assert problem.path == "mlops:workloads.flight-delay.images.pipeline"
    assert "run mlops build flight-delay" in problem.fix


def test_a_workload_with_images_of_its_own_needs_none_of_the_platform(good: str, check: Check) -> None:
    shared = good[good.index("      pipeline: localhost") : good.index("      registry: localhost")]
    own = "    flight-delay:\n      images:\n" + shared.replace("      ", "        ")
    assert check(good.replace(shared, "").replace("    flight-delay:\n", own)) == []


def test_a_workloads_own_image_comes_before_the_platforms(good: str, read: Callable[[str], StackConfig]) -> None:
    own = f"    flight-delay:\n      images: {{pipeline: registry.example/own@sha256:{'b' * 64}}}\n"
    stack = read(good.replace("    flight-delay:\n", own))
    args = workload_args(stack, "flight-delay", {}, registry_url="http://mlflow:5000")
    assert args["pipeline_image"] == f"registry.example/own@sha256:{'b' * 64}"
    assert args["serving_image"] == stack.platform.images.serving
    assert "images" not in args


def test_without_any_images_each_one_that_is_needed_is_told(good: str, check: Check) -> None:
    images = good[good.index("    images:") : good.index("    kubernetes: {context")]
    assert [problem.path for problem in check(good.replace(images, ""))] == [
        "mlops:platform.images.registry",
        "mlops:workloads.flight-delay.images.pipeline",
        "mlops:workloads.flight-delay.images.serving",
    ]


def test_several_registry_servers_need_a_database_and_a_bucket(good: str, check: Check) -> None:
    two = good.replace("      database: sqlite\n", "      database: sqlite\n      replicas: 2\n")
    (problem,) = check(two)
    assert (problem.path, problem.got, problem.expected) == (
        "mlops:platform.registry.replicas",
        "2",
        "1, as a volume serves one server",
    )
    in_bucket = two.replace("artifacts_volume_gib: 5", "artifacts_s3: {uri: s3://models/flights}")
    (problem,) = check(in_bucket)
    assert problem.path == "mlops:platform.registry.replicas"
    postgresql = in_bucket.replace("database: sqlite", "database: postgresql")
    assert not [problem for problem in check(postgresql) if problem.path.endswith("replicas")]


def test_a_storage_class_needs_volumes_of_the_stacks_own(good: str, check: Check) -> None:
    text = good.replace("{context: mlops-sandbox}", "{context: mlops-sandbox, storage_class_name: fast}")
    assert check(text) == []
    (problem,) = check(text.replace(OWN_REGISTRY, DEV_REGISTRY).replace(REGISTRY_IMAGE, ""))
    assert (problem.path, problem.got) == ("mlops:platform.kubernetes.storage_class_name", "'fast' with registry.url")


def _document(tmp_path: Path, name: str, text: str) -> StackDocument:
    path = tmp_path / name
    path.write_text(text)
    return read_document(path, "mlops", source=name)


def test_a_stack_is_let_in_by_the_registry_that_it_uses(good: str, tmp_path: Path) -> None:
    dev = _document(tmp_path, "dev.yaml", good)
    user = good.replace(OWN_REGISTRY, DEV_REGISTRY)
    prod = _document(tmp_path, "prod.yaml", user.replace("namespace: flights-dev", "namespace: flights-prod"))
    test = _document(tmp_path, "test.yaml", user.replace("namespace: flights-dev", "namespace: flights-test"))
    assert list(problems_between([dev, prod])) == []
    (problem,) = problems_between([dev, prod, test])
    assert problem.source == "dev.yaml"
    assert "'flights-test'" in problem.got
    assert "test.yaml" in problem.got
    assert problem.line == next(n for n, line in enumerate(good.splitlines(), 1) if "allowed_namespaces" in line)


def test_a_registry_that_others_serve_from_stays_protected(good: str, tmp_path: Path) -> None:
    bare = good.replace(OWN_REGISTRY, OWN_REGISTRY + "      protect_data: false\n")
    dev, protected = _document(tmp_path, "dev.yaml", bare), _document(tmp_path, "safe.yaml", good)
    user = good.replace(OWN_REGISTRY, DEV_REGISTRY).replace("namespace: flights-dev", "namespace: flights-prod")
    prod = _document(tmp_path, "prod.yaml", user)
    assert list(problems_between([dev])) == []
    assert list(problems_between([protected, prod])) == []
    (problem,) = problems_between([dev, prod])
    assert (problem.source, problem.path) == ("dev.yaml", "mlops:platform.registry.protect_data")
    assert "prod.yaml" in problem.got


def test_two_stacks_of_one_context_and_namespace_are_refused(good: str, tmp_path: Path) -> None:
    dev = _document(tmp_path, "dev.yaml", good)
    twin = _document(tmp_path, "twin.yaml", good.replace("environment: dev", "environment: test"))
    elsewhere = _document(tmp_path, "elsewhere.yaml", good.replace("context: mlops-sandbox", "context: other"))
    assert list(problems_between([dev, elsewhere])) == []
    (problem,) = problems_between([dev, elsewhere, twin])
    assert (problem.source, problem.path) == ("twin.yaml", "mlops:platform.namespace")
    assert "dev.yaml" in problem.got
    assert problem.line == next(n for n, line in enumerate(good.splitlines(), 1) if "namespace: flights-dev" in line)


@pytest.mark.parametrize("namespace", ["default", "kube-system", "kube-public", "kube-node-lease", "kube-mine"])
def test_a_namespace_of_the_clusters_own_is_refused(good: str, check: Check, namespace: str) -> None:
    (problem,) = check(good.replace("namespace: flights-dev", f"namespace: {namespace}"))
    assert (problem.path, problem.got) == ("mlops:platform.namespace", repr(namespace))


@pytest.mark.parametrize(
    "host", ["mlflow.flights-dev", "mlflow.flights-dev.svc", "mlflow.flights-dev.svc.cluster.local"]
)
def test_a_registry_is_known_by_any_name_of_its_service(good: str, tmp_path: Path, host: str) -> None:
    dev = _document(tmp_path, "dev.yaml", good)
    user = good.replace(OWN_REGISTRY, f"    registry: {{url: http://{host}:5000}}\n")
    test = _document(tmp_path, "test.yaml", user.replace("namespace: flights-dev", "namespace: flights-test"))
    (problem,) = problems_between([dev, test])
    assert "'flights-test'" in problem.got


def test_a_stack_without_a_namespace_owns_nobodys_registry(good: str, tmp_path: Path) -> None:
    dev = _document(tmp_path, "dev.yaml", good.replace("    namespace: flights-dev\n", ""))
    user = good.replace(OWN_REGISTRY, "    registry: {url: http://localhost:5000}\n")
    assert list(problems_between([dev, _document(tmp_path, "prod.yaml", user)])) == []


def test_an_address_that_cannot_be_read_is_nobodys_registry(good: str, tmp_path: Path) -> None:
    dev = _document(tmp_path, "dev.yaml", good)
    broken = good.replace(OWN_REGISTRY, '    registry: {url: "http://[::1"}\n')
    broken = broken.replace("namespace: flights-dev", "namespace: flights-prod")
    assert list(problems_between([dev, _document(tmp_path, "prod.yaml", broken)])) == []


def test_each_exposed_workload_has_a_host_of_its_own(good: str, tmp_path: Path) -> None:
    exposed = "      endpoint: {expose: {host: delays.example.com}}\n"
    workloads = f"    one:\n{exposed}    other:\n{exposed}"
    twice = _document(tmp_path, "dev.yaml", good + workloads)
    (problem,) = problems_between([twice])
    assert problem.path.endswith("workloads.other.endpoint.expose.host")
    assert "the host of one (" in problem.got
    once = good + f"    one:\n{exposed}"
    elsewhere = once.replace("flights-dev", "flights-test")
    here, there = _document(tmp_path, "a.yaml", once), _document(tmp_path, "b.yaml", elsewhere)
    assert len([found for found in problems_between([here, there]) if found.path.endswith("host")]) == 1
    another = _document(tmp_path, "c.yaml", elsewhere.replace("context: ", "context: other-"))
    assert [found for found in problems_between([here, another]) if found.path.endswith("host")] == []
