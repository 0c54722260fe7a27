import json
import os
import stat
from pathlib import Path

import pytest

from sandbox.engine.stack import PulumiStack, diagnostics, summary
from sandbox.errors import SandboxError

SUCCESS = """\
Updating (local):
 +  kubernetes:core/v1:ConfigMap a created (0.03s)
Outputs:
    url: "http://x"

Resources:
    + 1 created
    ~ 2 updated
    +-1 replaced
    4 changes. 18 unchanged

Duration: 4s
"""
FAILURE = """\
Updating (local):
 +  kubernetes:core/v1:ConfigMap a creating (0s)
Diagnostics:
  kubernetes:core/v1:ConfigMap (a):
    error: the disk is full

Outputs:
    url: "http://x"

Resources:
    18 unchanged
"""

# Answers as `pulumi` would, from files beside it, and notes how it was called.
FAKE_PULUMI = """\
#!/bin/sh
here="$(dirname "$0")"
echo "$@" >> "$here/calls"
echo "$PULUMI_K8S_UPSERT_EXISTING_OBJECTS" > "$here/adopts"
case "$*" in
*"stack export"*) cat "$here/state" ;;
*"stack ls"*) echo '[{"name": "dev-local"}, {"name": "organization/mlops/local"}]' ;;
*" up "*) cat "$here/output"; exit "$(cat "$here/code")" ;;
esac
"""


class Machine:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        program = folder / "pulumi"
        program.write_text(FAKE_PULUMI)
        program.chmod(0o755)
        self.set("state", json.dumps({"deployment": {}}))
        path = os.pathsep.join([str(folder), os.environ["PATH"]])
        self.stack = PulumiStack("mlops", "local", folder, folder / "backend", {"PATH": path})

    def set(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def calls(self) -> list[str]:
        log = self.folder / "calls"
        return log.read_text().splitlines() if log.exists() else []

    def leave_lock(self) -> None:
        locks = self.folder / "backend" / ".pulumi" / "locks" / "organization" / "mlops" / "local"
        locks.mkdir(parents=True)
        held = {"pid": 2**22 + 1, "hostname": os.uname().nodename}
        (locks / "one.json").write_text(json.dumps(held))


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine(tmp_path)
    monkeypatch.setenv("PATH", made.stack.environment["PATH"])
    return made


def test_an_update_tells_what_it_did_and_keeps_all_that_was_said(machine: Machine) -> None:
    machine.set("output", SUCCESS)
    machine.set("code", "0")
    log = machine.folder / "logs" / "up.log"
    said: list[str] = []
    done = machine.stack.up(log, said.append, refresh=True)
    assert done == "1 created, 2 updated, 1 replaced, 4 changes. 18 unchanged"
    assert "ConfigMap a created" in said[1]
    assert "ConfigMap a created" in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert "--refresh" in machine.calls()[0]


def test_an_update_that_fails_says_why_and_nothing_else(machine: Machine) -> None:
    machine.set("output", FAILURE)
    machine.set("code", "255")
    log = machine.folder / "up.log"
    with pytest.raises(SandboxError) as raised:
        machine.stack.up(log)
    assert "error: the disk is full" in raised.value.problem
    assert "18 unchanged" not in raised.value.problem
    assert str(log) in raised.value.fix
    assert "creating" in log.read_text()


def test_a_stack_in_order_is_left_alone(machine: Machine) -> None:
    assert not machine.stack.recover()
    assert not any("refresh" in call for call in machine.calls())


@pytest.mark.parametrize("pending", [[], [{"type": "creating"}]])
def test_after_a_kill_the_lock_goes_and_begun_creations_are_forgotten(machine: Machine, pending: list[object]) -> None:
    machine.leave_lock()
    machine.set("state", json.dumps({"deployment": {"pending_operations": pending}}))
    assert machine.stack.recover()
    assert any("--clear-pending-creates" in call for call in machine.calls()) == bool(pending)
    machine.set("state", json.dumps({"deployment": {}}))
    assert not machine.stack.recover()


def test_begun_creations_are_forgotten_when_the_lock_is_gone_already(machine: Machine) -> None:
    machine.set("state", json.dumps({"deployment": {"pending_operations": [{"type": "creating"}]}}))
    assert machine.stack.recover()
    assert any("--clear-pending-creates" in call for call in machine.calls())


def test_updates_adopt_what_a_killed_one_created_until_one_succeeds(machine: Machine) -> None:
    def adopts() -> str:
        return (machine.folder / "adopts").read_text().strip()

    machine.set("state", json.dumps({"deployment": {"pending_operations": [{"type": "creating"}]}}))
    assert machine.stack.recover()
    machine.set("output", FAILURE)
    machine.set("code", "255")
    with pytest.raises(SandboxError):
        machine.stack.up(machine.folder / "up.log")
    assert adopts() == "true"
    machine.set("output", SUCCESS)
    machine.set("code", "0")
    machine.stack.up(machine.folder / "up.log")
    assert adopts() == "true"
    machine.stack.up(machine.folder / "up.log")
    assert adopts() == ""


def test_the_stack_is_known_by_its_whole_name(machine: Machine) -> None:
    assert machine.stack.exists()
    other = PulumiStack("mlops", "cal", machine.folder, machine.folder, machine.stack.environment)
    assert not other.exists()


def test_without_any_mark_everything_is_told() -> None:
    assert diagnostics(["error: no stack named 'x'"]) == "  error: no stack named 'x'"
    assert summary(["error: no stack named 'x'"]) == ""


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        (None, False),
        ([{"custom": False, "type": "pulumi:pulumi:Stack"}], False),
        ([{"custom": True, "type": "pulumi:providers:kubernetes"}], False),
        ([{"custom": True, "type": "kubernetes:core/v1:ConfigMap"}], True),
    ],
)
def test_a_stack_without_objects_has_nothing_to_lose(
    machine: Machine, resources: list[dict[str, object]] | None, expected: bool
) -> None:
    machine.set("state", json.dumps({"deployment": {"resources": resources}}))
    assert machine.stack.has_resources() is expected
