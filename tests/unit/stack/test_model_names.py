"""A model's name apart from its workload's: who may have it, and what an edit of either takes away."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from pulumi_mlops.stack.across import problems_between
from pulumi_mlops.stack.document import StackDocument
from pulumi_mlops.stack.file import read_document
from pulumi_mlops.stack.losses import data_places, losses
from pulumi_mlops.stack.model import StackConfig
from pulumi_mlops.stack.problems import Problem

Read = Callable[[str], StackConfig]
Check = Callable[[str], list[Problem]]
NAME = "    flight-delay:\n"
RENAMED = "    arrival-delay:\n      model_name: flight-delay\n"
OWN_REGISTRY = """\
    registry:
      database: sqlite
      artifacts_volume_gib: 5
      allowed_namespaces: [flights-prod]
"""
USED = "    registry: {url: http://mlflow.flights-dev.svc:5000}\n"
SECOND = "    second: {model_name: flight-delay}\n"


def test_a_model_is_called_as_its_workload_unless_the_stack_says_otherwise(good: str, read: Read) -> None:
    assert read(good).model_of("flight-delay") == "flight-delay"
    assert read(good.replace(NAME, RENAMED)).model_of("arrival-delay") == "flight-delay"


@pytest.mark.parametrize("name", ["Flight", "flight_delay", "x" * 41, "7"])
def test_it_is_a_name_that_every_target_takes(good: str, check: Check, name: str) -> None:
    (problem,) = check(good.replace(NAME, f'{NAME}      model_name: "{name}"\n'))
    assert problem.path == "mlops:workloads.flight-delay.model_name"


@pytest.mark.parametrize(
    ("second", "path"),
    [
        (SECOND, "mlops:workloads.second.model_name"),
        ("    second: {model_name: third}\n    third: {}\n", "mlops:workloads.third"),
    ],
)
def test_two_workloads_of_a_stack_do_not_register_one_model(good: str, check: Check, second: str, path: str) -> None:
    (problem,) = check(good + second)
    assert problem.path == path
    assert "registers too" in problem.got
    assert problem.line == len(good.splitlines()) + len(second.splitlines())


def test_a_workload_named_twice_is_refused_at_the_second(good: str, check: Check) -> None:
    (problem,) = check(good + "    flight-delay: {}\n")
    assert problem.path == "mlops:workloads.flight-delay"
    assert "a second time" in problem.got
    assert problem.line == len(good.splitlines()) + 1


def documents(tmp_path: Path, texts: Sequence[str]) -> list[StackDocument]:
    found = []
    for number, text in enumerate(texts):
        path = tmp_path / f"{number}.yaml"
        path.write_text(text)
        found.append(read_document(path, "mlops", source=path.name))
    return found


def user_of(text: str) -> str:
    """Return the stack of another environment that uses a stack's registry."""
    return text.replace(OWN_REGISTRY, USED).replace("namespace: flights-dev", "namespace: flights-prod")


def with_graph(text: str, graph: str) -> str:
    return text.replace("      pipeline:\n", f"      pipeline:\n        graph: {graph}\n")


def test_a_workload_may_be_renamed_in_one_stack_after_the_other(good: str, tmp_path: Path) -> None:
    renamed = with_graph(good.replace(NAME, RENAMED), "flight_delay.graph:GRAPH")
    assert list(problems_between(documents(tmp_path, [renamed, user_of(good)]))) == []


def test_its_graph_may_be_changed_in_one_stack_after_the_other(good: str, tmp_path: Path) -> None:
    newer = with_graph(good, "flight_delay.newer:GRAPH")
    assert list(problems_between(documents(tmp_path, [newer, user_of(good)]))) == []


def test_two_workloads_do_not_register_one_model_in_one_registry(good: str, tmp_path: Path) -> None:
    other = user_of(with_graph(good.replace(NAME, RENAMED), "arrivals.graph:GRAPH"))
    (problem,) = problems_between(documents(tmp_path, [good, other]))
    assert (problem.source, problem.path) == ("1.yaml", "mlops:workloads.arrival-delay.model_name")
    assert "arrivals.graph:GRAPH" in problem.got
    assert "flight_delay.graph:GRAPH" in problem.got
    elsewhere = other.replace(USED, "    registry: {url: https://mlflow.example.com}\n")
    assert list(problems_between(documents(tmp_path, [good, elsewhere]))) == []
    own = other.replace(USED, OWN_REGISTRY)
    assert list(problems_between(documents(tmp_path, [good, own]))) == []


def test_a_package_group_of_another_account_is_one_registry_too(tmp_path: Path) -> None:
    stack = """\
config:
  mlops:platform:
    target: sagemaker
    namespace: {namespace}
    sagemaker: {{account_id: "111111111111", region: {region}}}
    registry: {registry}
  mlops:workloads: {{{workload}: {{model_name: delay}}}}
"""
    owner = stack.format(namespace="dev", region="eu-west-1", registry="{}", workload="a")
    registry = '{account_id: "111111111111", namespace: dev}'
    user = stack.format(namespace="prod", region="eu-west-1", registry=registry, workload="b")
    (problem,) = problems_between(documents(tmp_path, [owner, user]))
    assert (problem.source, problem.path) == ("1.yaml", "mlops:workloads.b.model_name")
    assert list(problems_between(documents(tmp_path, [owner, user.replace("eu-west-1", "eu-west-2")]))) == []


def told(read: Read, before: str, after: str) -> list[str]:
    return losses(data_places(read(before)), data_places(read(after)))


def test_a_renamed_workload_is_told_what_goes_and_what_stays(good: str, read: Read) -> None:
    (sentence,) = told(read, good, good.replace(NAME, RENAMED))
    assert sentence.startswith(
        "mlops:workloads.flight-delay: becomes arrival-delay and keeps the versions of the model"
    )
    assert "the endpoint's address changes" in sentence


def test_a_workload_that_is_renamed_without_its_model_is_told_how_to_keep_it(good: str, read: Read) -> None:
    (sentence,) = told(read, good, good.replace(NAME, "    arrival-delay:\n"))
    assert "arrival-delay starts without a version" in sentence
    assert sentence.endswith("or write model_name: flight-delay at the new one to rename the workload")


def test_another_model_of_one_workload_is_told(good: str, read: Read) -> None:
    (sentence,) = told(read, good, good.replace(NAME, f"{NAME}      model_name: other\n"))
    assert sentence.startswith("mlops:workloads.flight-delay.model_name: changes from flight-delay to other: ")


def test_what_an_earlier_package_noted_is_understood(good: str, read: Read) -> None:
    before = {key: value for key, value in data_places(read(good)).items() if key != "models"}
    assert losses(before, data_places(read(good))) == []
    (sentence,) = losses(before, data_places(read(good.replace(NAME, RENAMED))))
    assert "becomes arrival-delay" in sentence
