"""`python -m mlops_runtime.serving.fetch`: brings one registered model version, and nothing else, into a folder."""

import argparse
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from typing import TypeVar

from mlops_runtime.artifact import ArtifactError, digest_directory

from .fit import MIB, Memory, MisfitError, check_volume
from .mlflow_registry import MlflowRegistry
from .registry import RegisteredVersion, Registry, RegistryRefusalError, RegistryUnavailableError
from .termination import write_termination_message

Result = TypeVar("Result")

INCOMING_PREFIX = ".incoming-"
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 10.0


class FetchError(Exception):
    """The version cannot be had as it was pinned; the message says why in one line."""


@dataclass(frozen=True, slots=True)
class PinnedVersion:
    """What to fetch: a registered model's version and the digest that its files must have."""

    model: str
    version: str
    digest: str

    def __str__(self) -> str:
        return f"{self.model} version {self.version}"


@dataclass(frozen=True, slots=True)
class Room:
    """What the version has to fit. None: it is not known, and the version is not held against it."""

    volume_bytes: int | None = None
    memory: Memory | None = None


def fetch(
    registry: Registry,
    pinned: PinnedVersion,
    destination: Path,
    *,
    patience_seconds: float,
    room: Room = Room(),
    say: Callable[[str], None] = print,
) -> None:
    """Fill `destination` with the version's files: all of them, verified, or none.

    The folder itself stays (it may be a mounted volume); what was in it before is replaced. A folder that already
    holds the version is left as it is.

    Args:
        registry: Where to fetch from.
        pinned: What to fetch.
        destination: An existing folder.
        patience_seconds: An unreachable registry is given up after this much time.
        room: What the version has to fit: nothing larger than the volume is downloaded, nor left for a server whose
            memory it does not fit.
        say: Takes progress lines.

    Raises:
        FetchError: The version does not exist, is not ready, has another digest by its tag or by its bytes, does not
            fit, or the registry stayed unreachable.
    """
    _remove(destination.glob(f"{INCOMING_PREFIX}*"))
    if any(destination.iterdir()) and _digest_or_none(destination) == pinned.digest:
        _hold_against_memory(destination, pinned, room)
        say(f"{pinned} is there already: {pinned.digest}")
        return
    deadline = monotonic() + patience_seconds
    say(f"fetching {pinned} from {registry.url}")
    try:
        registered = _persist(lambda: registry.version(pinned.model, pinned.version), deadline, say)
    except RegistryRefusalError as error:
        raise FetchError(f"{pinned}: {registry.url} says: {error}") from error
    if registered.digest != pinned.digest:
        tag = f"digest {registered.digest}" if registered.digest else "no digest"
        raise FetchError(f"{pinned}: got {tag} in the registry's tag mlops.digest, expected digest {pinned.digest}")
    _hold_against_volume(registry, registered, pinned, room, deadline, say)
    incoming = Path(tempfile.mkdtemp(prefix=INCOMING_PREFIX, dir=destination))
    try:
        files = _persist(lambda: _download(registry, registered.artifact_uri, incoming), deadline, say)
        size_mib = sum(each.stat().st_size for each in files.rglob("*") if each.is_file()) / 2**20
        say(f"downloaded {sum(each.is_file() for each in files.rglob('*'))} files, {size_mib:.1f} MiB")
        digest = digest_directory(files)
        if digest != pinned.digest:
            raise FetchError(
                f"{pinned}: got files of digest {digest} in the registry, expected digest {pinned.digest}:"
                " they were changed after registration"
            )
        _hold_against_memory(files, pinned, room)
        _replace_children(destination, files, keep=incoming)
    except (RegistryRefusalError, ArtifactError) as error:
        raise FetchError(f"{pinned}: {error}") from error
    finally:
        _remove([incoming])
    say(f"verified {pinned}: {pinned.digest}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch as the command line says; return the exit code."""
    options = parser().parse_args(arguments)
    pinned = PinnedVersion(options.model, options.version, options.digest)
    registry = MlflowRegistry(options.registry_url)
    try:
        with _time_limit(options.timeout_seconds):
            fetch(
                registry,
                pinned,
                options.destination,
                patience_seconds=options.patience_seconds,
                room=room_of(options),
                say=_say,
            )
    except (FetchError, OSError) as error:
        reason = f"not fetched: {error}"
        print(reason, file=sys.stderr, flush=True)
        write_termination_message(reason)
        return 1
    return 0


def room_of(options: argparse.Namespace) -> Room:
    """Return what the command line says that the version has to fit.

    A pod's accelerators hold the model where it has any: their memory counts then, and not the container's.
    """
    cache_bytes = options.cache_mib * MIB
    memory = None
    if options.accelerator_memory_mib is not None:
        of, fix = "the memory of the accelerators", "raise endpoint.kubernetes.accelerator.count, or use larger ones"
        memory = Memory(of, options.accelerator_memory_mib * MIB, cache_bytes, fix)
    elif options.memory_mib is not None:
        of, fix = "the container's memory", "raise endpoint.kubernetes.memory"
        memory = Memory(of, options.memory_mib * MIB, cache_bytes, fix)
    return Room(None if options.volume_mib is None else options.volume_mib * MIB, memory)


def _hold_against_volume(
    registry: Registry,
    registered: RegisteredVersion,
    pinned: PinnedVersion,
    room: Room,
    deadline: float,
    say: Callable[[str], None],
) -> None:
    """Refuses what the volume cannot hold before any of it is there: the kubelet evicts a pod whose volume is full."""
    if room.volume_bytes is None:
        return
    try:
        sizes = _persist(lambda: registry.sizes(registered.artifact_uri), deadline, say)
        check_volume(sizes, room.volume_bytes, "raise endpoint.kubernetes.model_volume_gib")
    except (MisfitError, RegistryRefusalError) as error:
        raise FetchError(f"{pinned}: {error}") from error


def _hold_against_memory(files: Path, pinned: PinnedVersion, room: Room) -> None:
    try:
        if room.memory is not None:
            room.memory.check(files)
    except MisfitError as error:
        raise FetchError(f"{pinned}: {error}") from error


def _persist(action: Callable[[], Result], deadline: float, say: Callable[[str], None]) -> Result:
    """Repeats an action while the registry is unreachable and there is time."""
    wait_seconds = FIRST_WAIT_SECONDS
    while True:
        try:
            return action()
        except RegistryUnavailableError as error:
            remaining_seconds = deadline - monotonic()
            if remaining_seconds <= wait_seconds:
                raise FetchError(f"the registry: got no answer to the end ({error}), expected the model") from error
            say(f"registry unreachable, trying again in {wait_seconds:.0f} s: {error}")
            sleep(wait_seconds)
            wait_seconds = min(wait_seconds * 2, LONGEST_WAIT_SECONDS)


def _download(registry: Registry, artifact_uri: str, incoming: Path) -> Path:
    """Download into a folder of its own, so that a second try does not find the first one's files."""
    target = Path(tempfile.mkdtemp(dir=incoming))
    return registry.download(artifact_uri, target)


def _digest_or_none(directory: Path) -> str | None:
    try:
        return digest_directory(directory)
    except ArtifactError:
        return None


def _replace_children(destination: Path, files: Path, keep: Path) -> None:
    _remove(each for each in destination.iterdir() if each != keep)
    for each in sorted(files.iterdir()):
        each.rename(destination / each.name)


def _remove(paths: Iterator[Path] | Sequence[Path]) -> None:
    for path in list(paths):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """End whatever hangs (a connection that neither answers nor breaks) when all of the time is used up."""

    def give_up(_signal: int, _frame: object) -> None:
        raise FetchError(f"the registry: got no whole model within {seconds:g} seconds, expected one")

    previous = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds, 5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def _say(line: str) -> None:
    print(line, flush=True)


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    parser = argparse.ArgumentParser(description="Fetch one registered model version and verify its digest.")
    parser.add_argument("--registry-url", required=True, help="MLflow's address, such as http://mlflow:5000")
    parser.add_argument("--model", required=True, help="the registered model's name")
    parser.add_argument("--version", required=True, help="the registered version")
    parser.add_argument("--digest", required=True, help="the digest that its files must have: sha256:…")
    parser.add_argument("--destination", type=Path, required=True, help="an existing folder; its content is replaced")
    parser.add_argument(
        "--patience-seconds", type=float, default=45.0, help="how long to try an unreachable registry (default: 45)"
    )
    parser.add_argument(
        "--timeout-seconds", type=float, default=600.0, help="for everything, the download included (default: 600)"
    )
    parser.add_argument("--volume-mib", type=int, help="the size of the destination's volume (default: any)")
    parser.add_argument("--memory-mib", type=int, help="the server's memory (default: not known)")
    parser.add_argument("--accelerator-memory-mib", type=int, help="of all accelerators that the server has")
    parser.add_argument(
        "--cache-mib", type=int, default=0, help="what the server keeps beside the weights (default: 0)"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
