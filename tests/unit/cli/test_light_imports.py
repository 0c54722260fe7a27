"""Every command answers in a second or two: none imports a library that takes seconds to load.

Held by what is loaded and not by time, which is the machine's.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from pulumi_mlops.cli.app import app
from tests.unit.cli.test_commands import commands

OWN_AWS = Path(__file__).parents[2] / "golden/pinned_aws/Pulumi.own-aws.yaml"
HEAVY = (
    *("kubernetes.client.models", "kubernetes.client.api", "kubernetes.dynamic"),
    *("sagemaker", "pandas", "numpy", "scipy", "sklearn", "mlflow", "onnxruntime", "torch", "kserve", "fastapi"),
    *("pulumi_kubernetes", "pulumi_aws", "IPython", "matplotlib"),
)
OF_A_STACK = {
    ("approve",): ["--version", "1"],
    ("batch", "run"): [],
    ("delete-version",): ["--version", "1"],
    ("logs",): [],
    ("pin",): ["--version", "1"],
    ("predict",): ["--rows", "-"],
    ("runs",): [],
    ("train",): ["--follow"],
    ("versions",): [],
}
# What makes, runs or declares something of the user's, with the libraries of that.
OTHERS = {
    ("build",),
    ("config", "check"),
    ("config", "schema"),
    ("init",),
    ("new",),
    ("pipeline", "run"),
    ("registry", "backup"),
    ("registry", "restore"),
    ("render",),
    ("report",),
    ("retraining", "reset"),
    ("retraining", "status"),
    ("status",),
}
CALLS = """
import json, sys
from typer.testing import CliRunner
from pulumi_mlops.cli.app import app

told = {}
for words in json.loads(sys.argv[1]):
    result = CliRunner().invoke(app, words, input="[{}]")
    told[" ".join(words)] = [result.exit_code, result.output[-300:], repr(result.exception)]
loaded = sorted(name for name in sys.modules)
json.dump({"told": told, "loaded": loaded}, sys.stdout)
"""


def all_commands() -> set[tuple[str, ...]]:
    root = typer.main.get_command(app)
    assert isinstance(root, TyperGroup)
    return {words for words, _ in commands(root)}


def test_every_command_is_held_or_named_as_another() -> None:
    assert all_commands() - OTHERS - OF_A_STACK.keys() == set()


@pytest.mark.parametrize("target", ["kubernetes", "sagemaker"])
def test_no_command_of_a_stack_loads_what_takes_seconds(stack: Path, target: str) -> None:
    name = "dev-local" if target == "kubernetes" else "own-aws"
    (stack / "stacks" / "Pulumi.own-aws.yaml").write_text(OWN_AWS.read_text())
    held = {words: options for words, options in OF_A_STACK.items() if words in all_commands()}
    calls = [[*words, "flight-delay", "--stack", name, *options] for words, options in held.items()]
    calls += [["status", "--stack", name, "--json"], ["--help"]]
    environment = {
        **os.environ,
        "KUBECONFIG": kubeconfig(stack),
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_MAX_ATTEMPTS": "1",
    }
    ended = subprocess.run(
        [sys.executable, "-c", CALLS, json.dumps(calls)], capture_output=True, text=True, check=False, env=environment
    )
    assert ended.returncode == 0, ended.stderr
    document = json.loads(ended.stdout)
    for words, (code, output, raised) in document["told"].items():
        # Each has come as far as the target, which does not answer.
        assert code in (0, 1), (words, output, raised)
        assert "SystemExit" in raised or raised == "None", (words, raised)
    loaded = [name for name in document["loaded"] if name.startswith(tuple(f"{each}." for each in HEAVY))]
    assert sorted({*loaded, *(set(document["loaded"]) & set(HEAVY))}) == []
    # The planted bad case: the same list finds what is there.
    assert any(name.startswith("pulumi.") for name in document["loaded"])


def kubeconfig(folder: Path) -> str:
    """A cluster that does not answer."""
    path = folder / "kubeconfig"
    path.write_text(
        "clusters: [{name: c, cluster: {server: 'http://127.0.0.1:9'}}]\n"
        "contexts: [{name: mlops-sandbox, context: {cluster: c, user: u}}]\n"
        "users: [{name: u, user: {}}]\n"
    )
    return str(path)
