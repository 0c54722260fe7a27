"""Rendering a small program: what a reviewer sees, and what must never be seen."""

import gc
import json
import os
import textwrap
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pulumi_mlops.cli.app import app

mlops = CliRunner()
HEAD = """\
import pulumi
import pulumi_kubernetes as kubernetes
from pulumi_mlops.stack.load import load_secrets, load_stack

stack, password = load_stack(), load_secrets().registry_database_password
"""
PROGRAM = (
    HEAD
    + """
class Store(pulumi.ComponentResource):
    def __init__(self, name, opts):
        super().__init__("mlops:index:Store", name, {}, opts)
        children = pulumi.ResourceOptions(parent=self)
        self.secret = kubernetes.core.v1.Secret("password", string_data={"password": password}, opts=children)
        self.claim = kubernetes.core.v1.PersistentVolumeClaim(
            "data", spec={"resources": {"requests": {"storage": "1Gi"}}}, opts=pulumi.ResourceOptions(
                parent=self, protect=True))
        self.notes = kubernetes.core.v1.ConfigMap(
            "notes",
            metadata={"namespace": stack.platform.namespace},
            data={
                "lines": "first\\nsecond",
                "number": 3,
                "claim": self.claim.metadata["name"].apply(lambda name: f"{name}-copy"),
                "phase": self.claim.status.apply(lambda status: status.phase),
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.secret]),
        )
        self.register_outputs({})

provider = kubernetes.Provider("cluster", context=stack.platform.kubernetes.context)
store = Store("store", pulumi.ResourceOptions(provider=provider))
pulumi.export("claim", store.claim.metadata["name"])
pulumi.export("password", password)
"""
)
EXPECTED = """\
---
stack: dev-local
outputs:
  claim: <data.metadata.name>
  password: '[secret]'
---
resource: mlops:index:Store$kubernetes:core/v1:ConfigMap::notes
parent: mlops:index:Store::store
provider: cluster
depends_on:
- mlops:index:Store$kubernetes:core/v1:PersistentVolumeClaim::data
- mlops:index:Store$kubernetes:core/v1:Secret::password
inputs:
  apiVersion: v1
  data:
    claim: <data.metadata.name>-copy
    lines: |-
      first
      second
    number: 3
    phase: <known after data>
  kind: ConfigMap
  metadata:
    namespace: flights-dev
---
resource: mlops:index:Store$kubernetes:core/v1:PersistentVolumeClaim::data
parent: mlops:index:Store::store
provider: cluster
options:
  protect: true
inputs:
  apiVersion: v1
  kind: PersistentVolumeClaim
  spec:
    resources:
      requests:
        storage: 1Gi
---
resource: mlops:index:Store$kubernetes:core/v1:Secret::password
parent: mlops:index:Store::store
provider: cluster
options:
  additionalSecretOutputs:
  - data
  - stringData
inputs:
  apiVersion: v1
  kind: Secret
  stringData: '[secret]'
---
resource: mlops:index:Store::store
---
resource: pulumi:providers:kubernetes::cluster
inputs:
  context: mlops-sandbox
"""


def write_program(project: Path, program: str) -> None:
    (project / "infra" / "__main__.py").write_text(program)


def test_shows_the_whole_graph_in_one_canonical_form(project: Path) -> None:
    write_program(project, PROGRAM)
    result = mlops.invoke(app, ["render", "--stack", "dev-local"], catch_exceptions=False)
    assert result.stdout == EXPECTED
    assert mlops.invoke(app, ["render", "--stack", "dev-local"]).stdout == EXPECTED


def test_json_holds_the_same_graph(project: Path) -> None:
    write_program(project, PROGRAM)
    (stack,) = json.loads(mlops.invoke(app, ["render", "--all", "--json"]).stdout)["stacks"]
    assert stack["outputs"] == {"claim": "<data.metadata.name>", "password": "[secret]"}
    assert [resource["resource"].rpartition("::")[2] for resource in stack["resources"]] == [
        "notes",
        "data",
        "password",
        "store",
        "cluster",
    ]


def test_several_stacks_in_one_process_do_not_mix(project: Path) -> None:
    write_program(project, PROGRAM)
    dev = project / "stacks" / "Pulumi.dev-local.yaml"
    prod = dev.read_text().replace("flights-dev", "flights-prod")
    (project / "stacks" / "Pulumi.prod-local.yaml").write_text(prod)
    result = mlops.invoke(app, ["render", "--all"])
    assert result.stdout.startswith(EXPECTED)
    other = EXPECTED.replace("dev-local", "prod-local").replace("flights-dev", "flights-prod")
    assert result.stdout.removeprefix(EXPECTED) == other


@pytest.mark.parametrize("program", [PROGRAM, "import gc\nassert gc.isenabled()"])
def test_the_collector_rests_while_a_program_runs_and_no_longer(project: Path, program: str) -> None:
    write_program(project, program)
    result = mlops.invoke(app, ["render", "--all"])
    assert (result.exit_code == 1) == ("assert" in program)
    assert gc.isenabled()


def test_a_machines_own_settings_change_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = PROGRAM.replace("stack.platform.kubernetes.context", "__import__('os').environ.get('MLOPS_KUBE_CONTEXT')")
    write_program(project, program)
    without = mlops.invoke(app, ["render", "--all"]).stdout
    monkeypatch.setenv("MLOPS_KUBE_CONTEXT", "mine")
    monkeypatch.setenv("PULUMI_CONFIG", '{"mlops:unknown": "1"}')
    folder = Path.cwd()
    assert mlops.invoke(app, ["render", "--all"]).stdout == without
    assert (os.environ["MLOPS_KUBE_CONTEXT"], Path.cwd()) == ("mine", folder)


ENCODED = """
import base64
def encoded(known):
    return base64.b64encode(f"{before}{{known}}, and more".encode()).decode()
kubernetes.core.v1.ConfigMap("a", data={{"login": pulumi.Output.unsecret(password).apply(encoded)}})
"""


@pytest.mark.parametrize(
    "leak",
    [
        'pulumi.export("password", pulumi.Output.unsecret(password))',
        'kubernetes.core.v1.ConfigMap("a", data={"url": pulumi.Output.unsecret(password).apply("x:{}@y".format)})',
        'import urllib.parse\npulumi.export("url", pulumi.Output.unsecret(password).apply(urllib.parse.quote))',
        ENCODED.format(before=""),
        ENCODED.format(before="a"),
        ENCODED.format(before="ab"),
    ],
)
def test_a_secret_that_leaks_stops_the_rendering(project: Path, leak: str) -> None:
    write_program(project, HEAD + leak)
    result = mlops.invoke(app, ["render", "--all"])
    assert result.exit_code == 1
    assert "got a secret in plain text in" in result.stderr
    assert result.stdout == ""


def test_a_refused_stack_is_not_rendered(project: Path) -> None:
    write_program(project, "raise AssertionError('the program ran')")
    path = project / "stacks" / "Pulumi.dev-local.yaml"
    path.write_text(path.read_text().replace("owner:", "onwer:"))
    result = mlops.invoke(app, ["render", "--all"])
    assert result.exit_code == 1
    assert "did you mean owner?" in result.stderr


@pytest.mark.parametrize(
    ("program", "line", "reason"),
    [
        ('\nkubernetes.core.v1.ConfigMap("a")\nraise ValueError("no such thing")', 8, "ValueError: no such thing"),
        ("\nimport json\njson.loads('{')", 8, "JSONDecodeError: Expecting property name"),
        ("\npulumi.export('name', stack.platform.nam)", 7, "AttributeError: 'PlatformConfig' object has no"),
        ("\nassert not stack", 7, "got AssertionError, expected"),
        ("\nimport no_such_module", 7, "ModuleNotFoundError: No module named 'no_such_module'"),
        ("\nfor", 7, "SyntaxError: invalid syntax"),
        (
            '\nkubernetes.core.v1.ConfigMap("a", data={"a": pulumi.Output.from_input(1).apply(lambda _: 1 / 0)})',
            7,
            "ZeroDivisionError: division by zero",
        ),
        (
            """
import asyncio
pulumi.Output.from_input(asyncio.Future())
pulumi.Output.from_input(1).apply(lambda _: 1 / 0)""",
            9,
            "ZeroDivisionError: division by zero",
        ),
    ],
)
def test_a_program_that_fails_is_told_with_its_place(
    project: Path, monkeypatch: pytest.MonkeyPatch, program: str, line: int, reason: str
) -> None:
    monkeypatch.chdir(project)
    write_program(project, HEAD + program)
    result = mlops.invoke(app, ["render", "--all"])
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith(f"infra/__main__.py:{line}: stack dev-local: ")
    assert reason in result.stderr
    assert "Traceback" not in result.stderr


def test_two_resources_of_one_name_are_refused_as_the_engine_would(project: Path) -> None:
    twice = 'kubernetes.core.v1.ConfigMap("a")\n' * 2
    write_program(project, HEAD + twice)
    result = mlops.invoke(app, ["render", "--all"])
    assert result.exit_code == 1
    assert "kubernetes:core/v1:ConfigMap::a: got two resources of one name" in result.stderr


@pytest.mark.parametrize(
    "read",
    ['kubernetes.core.v1.ConfigMap.get("a", "b/c")', 'pulumi.runtime.invoke("kubernetes:helm:template", {})'],
)
def test_what_only_a_cluster_knows_cannot_be_rendered(project: Path, read: str) -> None:
    write_program(project, HEAD + textwrap.dedent(read))
    result = mlops.invoke(app, ["render", "--all"])
    assert result.exit_code == 1
    assert "offline" in result.stderr
