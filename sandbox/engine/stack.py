"""One stack under the engine: updated, and put right after an engine that was killed."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox import commands
from sandbox.commands import CommandError
from sandbox.engine.locks import is_held_here, release_dead_locks
from sandbox.errors import SandboxError
from sandbox.files import write_atomically

_QUERY_SECONDS = 120.0
_ADOPTS = {"PULUMI_K8S_UPSERT_EXISTING_OBJECTS": "true"}
_YES = ("--yes", "--skip-preview", "--color", "never")


def _nothing(_: str) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class PulumiStack:
    """A stack of a project with a file backend.

    Attributes:
        project: The project's name.
        name: The stack's name.
        folder: Folder of Pulumi.yaml.
        backend: Folder of the file backend.
        environment: Variables on top of this process's own, which lead to the backend.
    """

    project: str
    name: str
    folder: Path
    backend: Path
    environment: Mapping[str, str]

    def exists(self) -> bool:
        """Tells whether the backend knows the stack."""
        stacks = json.loads(self._query("stack", "ls", "--json"))
        return any(stack["name"].rpartition("/")[2] == self.name for stack in stacks)

    def init(self) -> None:
        """Make the stack in the backend. The stack that the user has selected stays selected."""
        self._query("stack", "init", "--no-select", self.name)

    def is_busy(self) -> bool:
        """Tells whether another engine on this machine is updating the stack."""
        return is_held_here(self.backend, self.project, self.name)

    def recover(self) -> bool:
        """Put the stack right when an engine was killed in the middle of an update.

        Removes the dead engine's lock, and forgets which creations it had begun: whether they were completed, the
        updates after it find out. Until one of them succeeds they adopt objects of a cluster that exist, which
        pulumi-kubernetes refuses else. Begun creations without a lock are forgotten as well: this may have been
        killed between the two, or somebody ran `pulumi cancel`.

        Returns:
            Whether there was anything to put right.
        """
        released = release_dead_locks(self.backend, self.project, self.name)
        is_pending = self._has_pending_operations()
        if is_pending:
            self.backend.mkdir(parents=True, exist_ok=True)
            self._begun.touch()
            self._query("refresh", *_YES, "--clear-pending-creates", "--stack", self.name)
        return released > 0 or is_pending

    def up(self, log: Path, report: Callable[[str], None] = _nothing, *, refresh: bool = False) -> str:
        """Update the stack.

        Args:
            log: Where all that Pulumi prints is kept.
            report: Called with each line that Pulumi prints.
            refresh: Whether to read every resource from its cloud first, as after the loss of a cluster.

        Returns:
            What was done in a few words, such as "3 created, 18 unchanged".

        Raises:
            SandboxError: The update failed, with Pulumi's own diagnostics.
        """
        lines: list[str] = []

        def keep(line: str) -> None:
            lines.append(line)
            report(line)

        flags = [*_YES, "--stack", self.name, *(["--refresh"] if refresh else [])]
        command = ["pulumi", "--non-interactive", "up", *flags]
        environment = {**self.environment, **(_ADOPTS if self._begun.exists() else {})}
        try:
            commands.follow(command, keep, environment=environment, folder=self.folder, with_output=True)
        except CommandError as error:
            told = diagnostics(lines)
            raise SandboxError(f"pulumi up --stack {self.name} failed:\n{told}", f"the whole log is {log}") from error
        finally:
            write_atomically(log, "\n".join(lines) + "\n", mode=0o600)
        self._begun.unlink(missing_ok=True)
        return summary(lines)

    def outputs(self) -> dict[str, Any]:
        """Return the stack's outputs; secret ones as "[secret]"."""
        outputs: dict[str, Any] = json.loads(self._query("stack", "output", "--json", "--stack", self.name))
        return outputs

    def has_resources(self) -> bool:
        """Tells whether anything stands that the stack has made."""
        state = json.loads(self._query("stack", "export", "--stack", self.name))
        resources = state["deployment"].get("resources") or []
        return any(resource["custom"] and not resource["type"].startswith("pulumi:") for resource in resources)

    @property
    def _begun(self) -> Path:
        """Marks that creations were begun of which the state does not know whether they were completed."""
        return self.backend / f"begun-{self.project}-{self.name}"

    def _has_pending_operations(self) -> bool:
        state = json.loads(self._query("stack", "export", "--stack", self.name))
        return bool((state.get("deployment") or {}).get("pending_operations"))

    def _query(self, *arguments: str) -> str:
        return commands.run(
            ["pulumi", "--non-interactive", *arguments],
            environment=self.environment,
            folder=self.folder,
            timeout_seconds=_QUERY_SECONDS,
        )


def summary(lines: list[str]) -> str:
    """Read what was done from what `pulumi up` printed."""
    start = next((index for index, line in enumerate(lines) if line.strip() == "Resources:"), len(lines))
    done = []
    for line in lines[start + 1 :]:
        match = re.fullmatch(r"[-+~± ]*(\d+ .+)", line.strip())
        if match is None:
            break
        done.append(match[1])
    return ", ".join(done)


def diagnostics(lines: list[str]) -> str:
    """Cuts what went wrong from what `pulumi up` printed; all of it when that is not marked."""
    start = next((index for index, line in enumerate(lines) if line.strip() == "Diagnostics:"), -1)
    kept = []
    for line in lines[start + 1 :]:
        if line.strip() in ("Outputs:", "Resources:"):
            break
        kept.append(line)
    return "\n".join(f"  {line}" for line in kept if line.strip())
