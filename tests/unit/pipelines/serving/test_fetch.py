import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_runtime.artifact import digest_directory
from mlops_runtime.serving import fetch as fetch_module
from mlops_runtime.serving.fetch import FetchError, PinnedVersion, Room, fetch
from mlops_runtime.serving.fit import Memory
from mlops_runtime.serving.registry import RegisteredVersion, RegistryRefusalError, RegistryUnavailableError

FILES = {"model.onnx": "graph", "MLmodel": "flavors", "code/tree.txt": "leaf"}


class FolderRegistry:
    """A registry with one version, whose files are a folder; fails as often as it is told to."""

    url = "http://registry"

    def __init__(self, folder: Path, digest: str | None) -> None:
        self.folder = folder
        self.digest = digest
        self.version_failures: Iterator[Exception] = iter(())
        self.sizes_failures: Iterator[Exception] = iter(())
        self.download_failures: Iterator[Exception] = iter(())
        self.downloads = 0

    def version(self, model: str, version: str) -> RegisteredVersion:
        for failure in self.version_failures:
            raise failure
        if (model, version) != ("flight-delay", "7"):
            raise RegistryRefusalError(f"RESOURCE_DOES_NOT_EXIST: Model Version (name={model}, version={version})")
        return RegisteredVersion(self.digest, "folder:")

    def sizes(self, artifact_uri: str) -> list[int]:
        for failure in self.sizes_failures:
            raise failure
        return [each.stat().st_size for each in files_of(self.folder)]

    def download(self, artifact_uri: str, target: Path) -> Path:
        self.downloads += 1
        write(target, {"model.onnx": "the first half"})
        for failure in self.download_failures:
            raise failure
        write(target, {str(each.relative_to(self.folder)): each.read_text() for each in files_of(self.folder)})
        return target


def files_of(folder: Path) -> list[Path]:
    return sorted(each for each in folder.rglob("*") if each.is_file())


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.fixture
def registry(tmp_path: Path) -> FolderRegistry:
    folder = tmp_path / "registered"
    write(folder, FILES)
    return FolderRegistry(folder, digest_directory(folder))


@pytest.fixture
def pinned(registry: FolderRegistry) -> PinnedVersion:
    return PinnedVersion("flight-delay", "7", digest_directory(registry.folder))


@pytest.fixture
def destination(tmp_path: Path) -> Path:
    folder = tmp_path / "model"
    folder.mkdir()
    return folder


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    waits: list[float] = []
    monkeypatch.setattr(fetch_module, "sleep", waits.append)
    return waits


def say_nothing(_line: str) -> None:
    pass


def try_fetch(registry: FolderRegistry, pinned: PinnedVersion, destination: Path, seconds: float = 60) -> None:
    fetch(registry, pinned, destination, patience_seconds=seconds, say=say_nothing)


def refusal(registry: FolderRegistry, pinned: PinnedVersion, destination: Path, seconds: float = 60) -> str:
    with pytest.raises(FetchError) as caught:
        try_fetch(registry, pinned, destination, seconds)
    return str(caught.value)


def test_a_pinned_version_arrives_whole(registry: FolderRegistry, pinned: PinnedVersion, destination: Path) -> None:
    write(destination, {"of/another/version": "old", fetch_module.INCOMING_PREFIX + "killed": "half"})

    try_fetch(registry, pinned, destination)

    assert {str(each.relative_to(destination)): each.read_text() for each in files_of(destination)} == FILES
    assert sorted(each.name for each in destination.iterdir()) == ["MLmodel", "code", "model.onnx"]


def test_what_is_there_already_is_not_fetched_again(
    registry: FolderRegistry, pinned: PinnedVersion, destination: Path
) -> None:
    try_fetch(registry, pinned, destination)
    registry.version_failures = iter([RegistryUnavailableError("down")])

    try_fetch(registry, pinned, destination)

    assert registry.downloads == 1


def test_a_version_that_does_not_exist_is_not_tried_again(
    registry: FolderRegistry, destination: Path, no_waiting: list[float]
) -> None:
    message = refusal(registry, PinnedVersion("flight-delay", "8", "sha256:0"), destination)

    assert message == (
        "flight-delay version 8: http://registry says:"
        " RESOURCE_DOES_NOT_EXIST: Model Version (name=flight-delay, version=8)"
    )
    assert not no_waiting


@pytest.mark.parametrize(("tag", "told"), [("sha256:other", "got digest sha256:other"), (None, "got no digest")])
def test_a_digest_tag_other_than_pinned_is_refused_before_the_download(
    registry: FolderRegistry, pinned: PinnedVersion, destination: Path, tag: str | None, told: str
) -> None:
    registry.digest = tag

    assert told in refusal(registry, pinned, destination)
    assert registry.downloads == 0


@pytest.mark.parametrize("tampered", [{"model.onnx": "graph!"}, {"more.txt": ""}])
def test_bytes_changed_after_registration_are_refused_and_leave_nothing(
    registry: FolderRegistry, pinned: PinnedVersion, destination: Path, tampered: dict[str, str]
) -> None:
    write(registry.folder, tampered)

    message = refusal(registry, pinned, destination)

    assert (
        f"got files of digest {digest_directory(registry.folder)} in the registry, expected digest {pinned.digest}"
        in message
    )
    assert "changed after registration" in message
    assert list(destination.iterdir()) == []


def test_a_file_lost_from_the_registry_is_refused(
    registry: FolderRegistry, pinned: PinnedVersion, destination: Path
) -> None:
    registry.download_failures = iter([RegistryRefusalError("404 Client Error")])

    assert refusal(registry, pinned, destination) == "flight-delay version 7: 404 Client Error"
    assert list(destination.iterdir()) == []


def test_an_unreachable_registry_is_tried_again(
    registry: FolderRegistry, pinned: PinnedVersion, destination: Path, no_waiting: list[float]
) -> None:
    registry.version_failures = iter([RegistryUnavailableError("down")] * 2)
    registry.download_failures = iter([RegistryUnavailableError("broke off")])

    try_fetch(registry, pinned, destination)

    assert digest_directory(destination) == pinned.digest
    assert no_waiting == [1, 2, 1]


def test_an_unreachable_registry_is_given_up(
    registry: FolderRegistry, pinned: PinnedVersion, destination: Path, no_waiting: list[float]
) -> None:
    registry.version_failures = iter([RegistryUnavailableError("connection refused")] * 99)

    message = refusal(registry, pinned, destination, seconds=0.5)

    assert message == "the registry: got no answer to the end (connection refused), expected the model"
    assert not no_waiting


def test_a_failed_fetch_leaves_what_was_there(
    registry: FolderRegistry, pinned: PinnedVersion, destination: Path
) -> None:
    write(destination, {"model.onnx": "of the version before"})
    write(registry.folder, {"model.onnx": "tampered"})

    refusal(registry, pinned, destination)

    assert [each.read_text() for each in files_of(destination)] == ["of the version before"]


SIZE = sum(len(text) for text in FILES.values())
WEIGHTS = len(FILES["model.onnx"])


def fetch_into(room: Room, registry: FolderRegistry, pinned: PinnedVersion, destination: Path) -> None:
    fetch(registry, pinned, destination, patience_seconds=60, room=room, say=say_nothing)


def memory(size: int, cache: int = 0) -> Room:
    return Room(memory=Memory("the container's memory", size, cache, "raise endpoint.kubernetes.memory"))


def test_a_version_that_fits_arrives(registry: FolderRegistry, pinned: PinnedVersion, destination: Path) -> None:
    registry.sizes_failures = iter([RegistryUnavailableError("down")])
    fetch_into(Room(SIZE, memory(WEIGHTS + 3, 3).memory), registry, pinned, destination)
    assert digest_directory(destination) == pinned.digest


def test_a_version_larger_than_its_volume_is_refused_before_any_of_it_is_there(
    registry: FolderRegistry, pinned: PinnedVersion, destination: Path
) -> None:
    with pytest.raises(
        FetchError, match=r"version 7: model: got files of .*, fix: raise .*kubernetes\.model_volume_gib"
    ):
        fetch_into(Room(SIZE - 1), registry, pinned, destination)
    assert registry.downloads == 0


@pytest.mark.parametrize(("size", "cache"), [(WEIGHTS - 1, 0), (WEIGHTS, 1)])
def test_a_version_larger_than_the_servers_memory_is_not_left_for_it(
    registry: FolderRegistry, pinned: PinnedVersion, destination: Path, size: int, cache: int
) -> None:
    with pytest.raises(
        FetchError, match=r"version 7: model: got .* of weights.*, fix: raise endpoint\.kubernetes\.memory"
    ):
        fetch_into(memory(size, cache), registry, pinned, destination)
    assert list(destination.iterdir()) == []


def test_a_version_that_is_there_already_still_has_to_fit(
    registry: FolderRegistry, pinned: PinnedVersion, destination: Path
) -> None:
    try_fetch(registry, pinned, destination)
    with pytest.raises(FetchError, match=r"of weights"):
        fetch_into(memory(WEIGHTS - 1), registry, pinned, destination)


def test_a_registry_that_does_not_list_the_files_is_told_of(
    registry: FolderRegistry, pinned: PinnedVersion, destination: Path
) -> None:
    registry.sizes_failures = iter([RegistryRefusalError("403 Client Error")])
    with pytest.raises(FetchError, match="flight-delay version 7: 403 Client Error"):
        fetch_into(Room(SIZE), registry, pinned, destination)


NEEDED = ["--registry-url", "http://r", "--model", "m", "--version", "1", "--digest", "d", "--destination", "/model"]


@pytest.mark.parametrize(
    ("given", "volume", "memory_mib", "cache_mib", "setting"),
    [
        ([], None, None, 0, ""),
        (["--volume-mib", "4096", "--memory-mib", "512"], 4096, 512, 0, "endpoint.kubernetes.memory"),
        (
            ["--volume-mib", "1", "--accelerator-memory-mib", "24576", "--cache-mib", "6"],
            *(1, 24576, 6, "endpoint.kubernetes.accelerator.count"),
        ),
    ],
)
def test_the_command_line_says_what_a_version_has_to_fit(
    given: list[str], volume: int | None, memory_mib: int | None, cache_mib: int, setting: str
) -> None:
    room = fetch_module.room_of(fetch_module.parser().parse_args([*NEEDED, *given]))
    assert room.volume_bytes == (None if volume is None else volume * 2**20)
    if memory_mib is None:
        assert room.memory is None
        return
    assert room.memory is not None
    assert (room.memory.memory_bytes, room.memory.cache_bytes) == (memory_mib * 2**20, cache_mib * 2**20)
    assert setting in room.memory.fix


def test_a_registry_that_hangs_is_cut_off() -> None:
    with pytest.raises(FetchError, match=r"got no whole model within 0\.05 seconds"), fetch_module._time_limit(0.05):
        time.sleep(30)

    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_the_command_tells_why_in_one_line(
    tmp_path: Path, destination: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "termination-log"
    log.touch()
    monkeypatch.setattr(fetch_module, "write_termination_message", log.write_text)

    code = fetch_module.main(
        [
            *("--registry-url", "http://127.0.0.1:9", "--model", "flight-delay", "--version", "7"),
            *("--digest", "sha256:0", "--destination", str(destination), "--patience-seconds", "0"),
        ]
    )

    assert code == 1
    told = capsys.readouterr().err
    assert told.startswith("not fetched: the registry: got no answer to the end")
    assert told.count("\n") == 1
    assert log.read_text() == told.strip()
