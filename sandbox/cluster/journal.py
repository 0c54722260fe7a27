"""What was changed on the machine outside the cluster's folder: written before each change, for putting it back.

It is kept twice: in /run, which is emptied when the machine restarts, as are all these changes but the
folders; and in the cluster's folder, for the folders.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sandbox.files import write_atomically

OWNER = Path("/run/pulumi-mlops-sandbox.json")


@dataclass
class Journal:
    """Changes to the machine.

    Attributes:
        cluster: Folder of the cluster that made them.
        boot: Which start of the machine they belong to.
        sysctls: Values of kernel settings as they were, by name with dots.
        address_added: Whether the node's address was ours to add.
        tables: Names of nft tables that are ours, as `family name`.
        controllers: Controllers that were enabled for groups below the root.
        forwarding_rule: Whether forwarded packets of pods were let through an existing firewall.
        folders: Folders that were made, the outermost first.
    """

    cluster: str
    boot: str
    sysctls: dict[str, str] = field(default_factory=dict)
    address_added: bool = False
    tables: list[str] = field(default_factory=list)
    controllers: list[str] = field(default_factory=list)
    forwarding_rule: bool = False
    folders: list[str] = field(default_factory=list)

    def write(self, copy: Path, owner: Path = OWNER) -> None:
        """Write the journal, in both places."""
        text = json.dumps(asdict(self), indent=2) + "\n"
        write_atomically(owner, text)
        write_atomically(copy, text)

    @classmethod
    def read(cls, path: Path) -> "Journal | None":
        """Read a journal; None when there is none, or one that a machine without power has left in pieces."""
        try:
            return cls(**json.loads(path.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def after_restart(self, boot: str) -> "Journal":
        """Return what is left of the changes when the machine has started again since: the folders alone."""
        return self if self.boot == boot else Journal(cluster=self.cluster, boot=boot, folders=self.folders)


def load(copy: Path, boot: str, owner: Path = OWNER) -> Journal | None:
    """Find the journal of a cluster.

    Args:
        copy: The journal in the cluster's folder.
        boot: This start of the machine.
        owner: The journal of whichever cluster changed the machine last.

    Returns:
        The journal, without the changes that a restart undid; None when nothing was changed.
    """
    cluster = str(copy.parent)
    found = Journal.read(owner)
    if found is None or found.cluster != cluster:
        found = Journal.read(copy)
    return found.after_restart(boot) if found is not None else None


def forget(copy: Path, owner: Path = OWNER) -> None:
    """Remove the journal once everything is put back."""
    found = Journal.read(owner)
    if found is not None and found.cluster == str(copy.parent):
        owner.unlink(missing_ok=True)
    copy.unlink(missing_ok=True)
