"""What each image that a stack may pin was built from: kept beside the stack files, and in the image's labels.

An image's digest says nothing of what is in it, and a stack file is judged without a network. So `mlops build` writes
down what it built, and who reviews a pin reviews that line as well.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pulumi_mlops._shared.files import write_atomically

FILE_NAME = "images.lock"
_LABEL_PREFIX = "pulumi-mlops.dev/"
_COMMENT = "Written by mlops build: what each image was built from."


class RecordsError(ValueError):
    """The file of records cannot be read."""


@dataclass(frozen=True)
class ImageRecord:
    """What an image was built from.

    Attributes:
        image: `pipeline` or `serving`.
        workload: The workload that it was built for.
        repository: The repository that it was pushed to; empty where it stayed with the builder.
        content: SHA-256 of everything that went in: Dockerfile, files, arguments and format. 64 hexadecimal digits.
        graphs: The step graphs in it: the digest of each one's description, by its module:name.
        source: Digest of the workload's own code; empty where none is in it.
        packages: Digest of the requirements that it installed.
    """

    image: str
    workload: str
    repository: str
    content: str
    graphs: Mapping[str, str]
    source: str
    packages: str

    def labels(self) -> dict[str, str]:
        """Return the labels that the image carries."""
        texts = {
            "image": self.image,
            "workload": self.workload,
            "content": f"sha256:{self.content}",
            "source": self.source,
            "packages": self.packages,
        }
        for graph, digest in self.graphs.items():
            texts["graph"], texts["graph-digest"] = graph, digest
        return {f"{_LABEL_PREFIX}{name}": text for name, text in texts.items() if text}


Records = Mapping[str, ImageRecord]
"""By image: its digest, or where it is pinned by content, its whole reference."""


def graph_digest(description: Mapping[str, object]) -> str:
    """Return the digest of what a stack is rendered from: a step graph's steps, parameters and functions.

    Args:
        description: The graph as `StepGraph.to_document()` has it.
    """
    text = json.dumps(description, sort_keys=True, separators=(",", ":"))
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def key_of(reference: str) -> str:
    """Return what an image is known by, whichever registry it was copied to."""
    return reference.partition("@")[2] or reference


def read(file: Path) -> dict[str, ImageRecord]:
    """Return the records of a file; none where there is no file.

    Raises:
        RecordsError: When it holds something else.
    """
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        return {key: ImageRecord(**entry) for key, entry in document["images"].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise RecordsError(f"{type(error).__name__}: {error}") from error


def write(file: Path, records: Records, used: Iterable[str]) -> None:
    """Write the records of the images that stack files pin, and forget all others.

    Args:
        file: The file.
        records: The records.
        used: The texts of the stack files.
    """
    texts = list(used)
    kept = {key: asdict(records[key]) for key in sorted(records) if any(key in text for text in texts)}
    document = {"comment": _COMMENT, "images": kept}
    write_atomically(file, json.dumps(document, indent=2, sort_keys=True) + "\n")
