"""Which partitions are done: what a batch that was killed goes on from.

Each file of the input has a document of its own in `_manifest/`, rewritten when a partition of it is done. Its key says
with which model, in which form and of which file that was; under another key it counts as not done.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from mlops_runtime.batch.location import UNREADABLE, FoundFile, Location

FOLDER: Final = "_manifest"
LAYOUT: Final = 1
"""Another number where the same input would be written in another way."""


@dataclass(frozen=True)
class Partition:
    """Some rows of a file, scored."""

    scored: str | None
    """The file with their outputs; None where no row was scored."""
    rejected: str | None
    """The file with the rows that were set aside; None where there are none."""
    rows_read: int
    rows_scored: int
    sizes: Mapping[str, int]
    """Bytes of each of the two files."""
    unknown_categories: Mapping[str, int] = field(default_factory=dict)

    @property
    def files(self) -> Iterator[str]:
        """The files that there are."""
        return (name for name in (self.scored, self.rejected) if name is not None)


@dataclass(frozen=True)
class FileRecord:
    """How far one file of the input is."""

    file: str
    key: str
    partitions: Sequence[Partition] = ()
    is_complete: bool = False
    superseded: Sequence[str] = ()
    """Files that an earlier batch wrote of it, and that go when this one is over."""

    @property
    def files(self) -> set[str]:
        """Everything that was written of it."""
        return {name for partition in self.partitions for name in partition.files}


def key_of(identity: Mapping[str, Any], file: FoundFile) -> str:
    """Return what names the work on a file.

    Args:
        identity: The model, and how its answers are written.
        file: The file of the input.
    """
    whole = {
        **identity,
        "layout": LAYOUT,
        "file": file.name,
        "size": file.size,
        "modified": file.modified_nanoseconds,
    }
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


class Manifest:
    """The records below an output folder."""

    def __init__(self, output: Location) -> None:
        """Read what is there. A document that cannot be read counts as none."""
        self._output = output
        self._records: dict[str, FileRecord] = {}
        for path in output.sizes(FOLDER):
            try:
                record = _from_document(json.loads(output.read(path)))
            except (*UNREADABLE, KeyError, TypeError):
                continue
            self._records[record.file] = record

    def begin(self, file: str, key: str, sizes: Mapping[str, int]) -> FileRecord:
        """Return how far a file is: the partitions that are done under this key and whose files are still there.

        Args:
            file: The file's name.
            key: What names the work on it.
            sizes: Bytes of the files that the output has, by path.
        """
        known = self._records.get(file)
        if known is None:
            return FileRecord(file, key)
        if known.key != key:
            return FileRecord(file, key, superseded=sorted({*known.superseded, *known.files}))
        sound: list[Partition] = []
        for partition in known.partitions:
            if any(sizes.get(path) != size for path, size in partition.sizes.items()):
                break
            sound.append(partition)
        return replace(known, partitions=sound, is_complete=known.is_complete and len(sound) == len(known.partitions))

    def note(self, record: FileRecord) -> None:
        """Write how far a file is."""
        self._records[record.file] = record
        self._output.write(_path(record.file), json.dumps(asdict(record), sort_keys=True, indent=1).encode())

    def clear_away(self, files: Sequence[str]) -> None:
        """Remove what earlier batches wrote and this one did not: of rows that the input no longer has.

        Args:
            files: The files of the input that were scored.
        """
        kept = {name for file in files for name in self._records[file].files}
        for name, record in sorted(self._records.items()):
            gone = {*record.superseded, *(() if name in files else record.files)}
            for path in sorted(gone - kept):
                self._output.remove(path)
            if name not in files:
                self._output.remove(_path(name))
            elif record.superseded:
                self.note(replace(record, superseded=()))


def _path(file: str) -> str:
    return f"{FOLDER}/{file}.json"


def _from_document(document: Mapping[str, Any]) -> FileRecord:
    partitions = [Partition(**each) for each in document["partitions"]]
    return FileRecord(**{**document, "partitions": partitions})
