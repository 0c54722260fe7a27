"""The language host under the real engine: programs, policy packs, component packages."""

import signal
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import ProjectFactory
from tests.e2e.pulumi_project import kill, wait_for

pytestmark = pytest.mark.e2e

VIRTUALENV = f"""
runtime:
  name: python
  options:
    virtualenv: {sys.prefix}
"""

GREETER = '''
from typing import TypedDict
import pulumi
from pulumi.provider.experimental import component_provider_host

class GreeterArgs(TypedDict):
    who: pulumi.Input[str]
    """Whom to greet."""

class Greeter(pulumi.ComponentResource):
    """Greets."""
    greeting: pulumi.Output[str]

    def __init__(self, name: str, args: GreeterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("greet:index:Greeter", name, {}, opts)
        self.greeting = pulumi.Output.from_input(args["who"]).apply(lambda who: f"hello {who}")
        self.register_outputs({"greeting": self.greeting})

if __name__ == "__main__":
    component_provider_host(name="greet", version="1.2.3", components=[Greeter])
'''

USES_GREETER = """
import pulumi

class Greeter(pulumi.ComponentResource):
    greeting: pulumi.Output[str]
    def __init__(self, name: str, who: str) -> None:
        super().__init__("greet:index:Greeter", name, {"who": who, "greeting": None}, None, True)

pulumi.export("greeting", Greeter("one", "world").greeting)
"""

# A policy pack in the engine's own protocol: it forbids one type of component, by its name.
POLICY_PACK = """
import threading
from concurrent.futures import ThreadPoolExecutor
import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc, plugin_pb2

class Pack(analyzer_pb2_grpc.AnalyzerServicer):
    def Handshake(self, request, context):
        return analyzer_pb2.AnalyzerHandshakeResponse()
    def GetPluginInfo(self, request, context):
        return plugin_pb2.PluginInfo(version="1.0.0")
    def GetAnalyzerInfo(self, request, context):
        policy = analyzer_pb2.PolicyInfo(name="no-forbidden", enforcementLevel=analyzer_pb2.MANDATORY)
        return analyzer_pb2.AnalyzerInfo(name="pack", version="1.0.0", policies=[policy])
    def ConfigureStack(self, request, context):
        return analyzer_pb2.AnalyzerStackConfigureResponse()
    def Configure(self, request, context):
        return empty_pb2.Empty()
    def Analyze(self, request, context):
        found = [analyzer_pb2.AnalyzeDiagnostic(
            policyName="no-forbidden", policyPackName="pack", policyPackVersion="1.0.0",
            message=f"{request.name} is forbidden", urn=request.urn,
            enforcementLevel=analyzer_pb2.MANDATORY)] if request.type == "test:index:Forbidden" else []
        return analyzer_pb2.AnalyzeResponse(diagnostics=found)
    def AnalyzeStack(self, request, context):
        return analyzer_pb2.AnalyzeResponse()

server = grpc.server(ThreadPoolExecutor(4))
analyzer_pb2_grpc.add_AnalyzerServicer_to_server(Pack(), server)
port = server.add_insecure_port("127.0.0.1:0")
server.start()
print(port, flush=True)
server.wait_for_termination()
"""

COMPONENT = """
import pulumi

class Component(pulumi.ComponentResource):
    def __init__(self, name: str) -> None:
        super().__init__("test:index:{type}", name, {{}}, None)
        self.register_outputs({{}})

Component("thing")
"""


def language_hosts() -> set[int]:
    """Ids of the language hosts that run."""
    found = set()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                command = (folder / "cmdline").read_bytes()
            except OSError:
                continue
            if b"sandbox.language_host" in command or b"pulumi-language-python" in command:
                found.add(int(folder.name))
    return found


def test_a_program_sees_its_stack_and_its_secrets(new_project: ProjectFactory) -> None:
    project = new_project("settings")
    project.pulumi("config", "set", "size", "3")
    project.pulumi("config", "set", "--secret", "token", "s3cret-value")
    project.program(
        """
        import pulumi
        config = pulumi.Config()
        pulumi.export("where", f"{pulumi.get_project()}/{pulumi.get_stack()}/{config.require_int('size')}")
        pulumi.export("token", config.require_secret("token"))
        """
    )
    printed = project.up()
    assert project.outputs()["where"] == "settings/test/3"
    assert "s3cret-value" not in printed
    assert project.pulumi("stack", "output", "token", "--show-secrets").strip() == "s3cret-value"
    assert project.changes() == {}


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import pulumi\nraise pulumi.RunError('the region is closed')", "the region is closed"),
        ("missing_name", "NameError: name 'missing_name' is not defined"),
        ("import sys\nsys.exit(7)", "Program exited with non-zero exit code: 7"),
        ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "Program was killed by signal 9"),
    ],
)
def test_a_program_that_fails_says_why(new_project: ProjectFactory, program: str, said: str) -> None:
    project = new_project("failing")
    project.write("__main__.py", program)
    ended = project.attempt("preview")
    assert ended.returncode != 0
    assert said in ended.stdout


def test_a_missing_virtualenv_is_explained_before_anything_runs(new_project: ProjectFactory) -> None:
    project = new_project("unsettled")
    options = "runtime:\n  name: python\n  options:\n    virtualenv: nowhere\n"
    project.write("Pulumi.yaml", f"name: unsettled\n{options}")
    project.program("import pulumi")
    ended = project.attempt("preview")
    assert ended.returncode != 0
    assert "python3 -m venv" in ended.stdout
    project.write("Pulumi.yaml", "name: unsettled\nruntime: python\n")


def test_a_policy_pack_blocks_what_it_forbids_and_nothing_else(new_project: ProjectFactory) -> None:
    project = new_project("governed")
    project.write("policy/PulumiPolicy.yaml", f"description: test\n{VIRTUALENV}")
    project.write("policy/__main__.py", POLICY_PACK)
    arguments = ("preview", "--policy-pack", str(project.folder / "policy"))

    project.program(COMPONENT.format(type="Allowed"))
    project.pulumi(*arguments)
    project.program(COMPONENT.format(type="Forbidden"))
    ended = project.attempt(*arguments)
    assert ended.returncode != 0
    assert "thing is forbidden" in ended.stdout


def test_a_component_package_serves_another_program(new_project: ProjectFactory) -> None:
    project = new_project("consumer")
    package = project.folder.parent / "package"
    package.mkdir()
    (package / "PulumiPlugin.yaml").write_text(VIRTUALENV)
    (package / "__main__.py").write_text(GREETER)
    schema = project.pulumi("package", "get-schema", str(package))
    assert '"greet:index:Greeter"' in schema
    assert "Whom to greet." in schema

    providers = f"plugins:\n  providers:\n    - name: greet\n      path: {package}\n"
    project.write("Pulumi.yaml", f"name: consumer\nruntime: python\n{providers}")
    project.program(USES_GREETER)
    project.up()
    assert project.outputs() == {"greeting": "hello world"}


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_no_process_outlives_its_engine(new_project: ProjectFactory, tmp_path: Path, how: signal.Signals) -> None:
    project = new_project("endless")
    project.program("import time, pathlib\npathlib.Path('started').touch()\ntime.sleep(600)")
    before = language_hosts()
    engine = project.start_up(tmp_path / "log")
    try:
        wait_for((project.folder / "started").exists)
        assert language_hosts() - before
        if how == signal.SIGINT:
            engine.send_signal(how)
            assert engine.wait(60) != 0
    finally:
        kill(engine)
    wait_for(lambda: not language_hosts() - before)
