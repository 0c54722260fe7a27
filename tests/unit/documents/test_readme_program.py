"""The programs in the README run as they are printed, and declare what they need."""

import re
from collections.abc import Callable

import pytest

from tests.recording import Declaration, declare
from tests.unit.documents.pages import ROOT, Page

README = Page(ROOT / "README.md", (ROOT / "README.md").read_text(encoding="utf-8"))
PROGRAMS = [block.text for block in README.blocks if block.language == "python"]
DIGEST = "sha256:" + "a" * 64


def run(program: str) -> Declaration:
    """Run a program of the README. Only a digest, which is left out there, is filled in."""

    def execute() -> None:
        exec(program.replace("sha256:…", DIGEST), {})  # noqa: S102 - it is the README that is tried

    return declare(execute)


def undeclared_namespaces(declaration: Declaration) -> set[str]:
    """Return the namespaces that objects stand in and that the program does not make."""
    metadata = [resource.inputs.get("metadata", {}) for resource in declaration.resources]
    made = {
        resource.inputs["metadata"]["name"]
        for resource in declaration.resources
        if resource.type == "kubernetes:core/v1:Namespace"
    }
    return {each["namespace"] for each in metadata if "namespace" in each} - made


def test_there_is_a_program() -> None:
    assert PROGRAMS


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_program_of_the_readme_runs_and_makes_the_namespaces_that_it_uses(program: str) -> None:
    declaration = run(program)
    assert declaration.resources
    assert undeclared_namespaces(declaration) == set()


@pytest.mark.parametrize("program", [program for program in PROGRAMS if "KubernetesEndpoint" in program])
def test_an_endpoint_serves_the_model_that_is_named(program: str) -> None:
    (named,) = re.findall(r'"model_name": "([^"]+)"', program)
    pod = run(program).one("Deployment").inputs["spec"]["template"]["spec"]
    (server,) = pod["containers"]
    assert server["image"] == f"registry.example.com/mlops/serving@{DIGEST}"
    for container in (*pod["initContainers"], server):
        words = [*container.get("command", []), *container.get("args", [])]
        assert named in words, container["name"]


@pytest.mark.parametrize(
    "spoil",
    [
        lambda program: program.replace("namespace.metadata.name", '"models"'),
        lambda program: re.sub(r"^namespace = .*$", "", program, flags=re.MULTILINE).replace(
            "namespace.metadata.name", '"fraud"'
        ),
    ],
)
def test_a_program_whose_namespace_nobody_makes_is_found(spoil: Callable[[str], str]) -> None:
    assert undeclared_namespaces(run(spoil(PROGRAMS[0]))) != set()


def test_a_program_that_lacks_an_argument_fails() -> None:
    with pytest.raises(Exception, match="image"):
        run(re.sub(r'\n *"image": .*', "", PROGRAMS[0]))
