"""Taking the sandbox down so that nothing of it is left."""

import contextlib
import shutil
from pathlib import Path

from pulumi_mlops.image.builder import docker_answers
from sandbox import commands, paths, progress
from sandbox.aws import lifecycle as aws_lifecycle
from sandbox.bring_up import users_contexts_file
from sandbox.cluster import lifecycle
from sandbox.errors import SandboxError
from sandbox.files import exclusive
from sandbox.images.catalog import KNOWN_IMAGE_NAMES, repository
from sandbox.images.docker import Docker

_MOUNTS = Path("/proc/self/mountinfo")


def take_down(*, purge: bool = False, keep_data: bool = False) -> None:
    """End everything that runs, put the machine back and remove the state.

    Args:
        purge: Removes what was built as well, unless stacks elsewhere still need it.
        keep_data: Keeps the state: the cluster's objects and volumes, and Pulumi's stacks.

    Raises:
        SandboxError: When something cannot be ended or removed.
    """
    aws_lifecycle.down()
    lifecycle.down(keep_data=keep_data)
    is_kept = keep_data or not _remove_state(purge=purge)
    _unmount_left_over_builds()
    if purge and not is_kept:
        _forget_dockers_images()
        _remove_root(paths.cache_root(), "remove the caches")


def mounts_below(folder: Path, mount_information: str) -> list[Path]:
    """Mounts below a folder, from the text of /proc/self/mountinfo, in the order in which to unmount them."""
    points = [line.split(" ")[4].encode().decode("unicode_escape") for line in mount_information.splitlines()]
    below = [Path(point) for point in points if Path(point).is_relative_to(folder)]
    return below[::-1]


def stacks_elsewhere(contexts: Path, backend: Path) -> list[str]:
    """Contexts of the user's own clusters that stacks of the sandbox's backend may have put things into."""
    if not contexts.is_file() or not any(backend.glob(".pulumi/stacks/**/*.json")):
        return []
    return contexts.read_text().split()


def _remove_state(*, purge: bool) -> bool:
    """Remove the state, unless stacks would be forgotten with it; return whether it did."""
    root = paths.state_root()
    contexts = stacks_elsewhere(users_contexts_file(), paths.pulumi_backend())
    if not contexts:
        _remove_root(root, "remove the state")
        return True
    kept = f"{root} and {paths.cache_root()}, with the Pulumi for it" if purge else root
    progress.say(
        f"  kept {kept}: its stacks may have things in {', '.join(contexts)}. Once nothing is needed any more:\n"
        '    eval "$(.venv/bin/python -m sandbox env)"; pulumi destroy --stack <stack>; pulumi stack rm <stack>\n'
        f"    python -m sandbox down{' --purge' if purge else ''}"
    )
    return False


def _remove_root(root: Path, name: str) -> None:
    """Remove one of the two roots. The mark goes last, so that a removal that was killed can be gone on with."""
    if not root.exists():
        return
    if not (root / paths.MARKER).exists():
        if not any(root.iterdir()):  # killed before it was marked
            root.rmdir()
            return
        raise SandboxError(f"{root}: not the sandbox's, since it has no {paths.MARKER}", "remove it yourself")
    with progress.step(name) as current:
        _unmount_below(root)
        for path in root.iterdir():
            if path.name != paths.MARKER:
                current.detail(path.name)
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        shutil.rmtree(root)
        current.note(str(root))


def _forget_dockers_images() -> None:
    """Remove what Docker has built, which its own storage would keep for good."""
    if not docker_answers():
        return
    try:
        for name in KNOWN_IMAGE_NAMES:
            Docker().forget(repository(name), frozenset())
    except SandboxError as error:
        progress.say(f"  kept in Docker, since they are in use: {error.problem}")


def _unmount_left_over_builds() -> None:
    """Remove the mounts that a killed image build left behind; one that runs holds the lock."""
    lock = paths.cache_root() / "locks" / "images"
    if not lock.exists():
        return
    with contextlib.suppress(SandboxError), exclusive(lock, "building images", wait_seconds=0):
        _unmount_below(paths.cache_root())


def _unmount_below(folder: Path) -> None:
    for mount in mounts_below(folder, _MOUNTS.read_text()):
        commands.run(["umount", "--lazy", mount])
