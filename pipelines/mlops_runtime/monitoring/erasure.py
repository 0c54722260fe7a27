"""Erasing what is known of one key: its payloads, and the labels of it or of its predictions."""

import gzip
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from mlops_runtime.monitoring.labels.files import encoded, label_files, read_records
from mlops_runtime.monitoring.payloads.reading import payload_files, records_of
from mlops_runtime.monitoring.store import Store

BASELINE = (
    "a model's baseline holds counts, quantiles and shares of its training rows, no rows and no keys: nothing of this"
    " key can be found in it, and nothing is erased. What the key's rows have added to the counts, and to the model,"
    " stays until a version trained without them is promoted: take them out of the training data, train, promote, and"
    " delete the version that was trained with them"
)
STILL_IN_MEMORY = (
    "a server keeps records in memory for up to a minute before it writes them: run this again two minutes after the"
    " last request for this key"
)


@dataclass(slots=True)
class Erased:
    """What was erased.

    Attributes:
        payload_records: How many payload records.
        label_records: How many labels.
        payload_files: The files that were rewritten, or removed because nothing was left in them.
        label_files: The same of labels.
        notes: What whoever asked must know besides.
    """

    payload_records: int = 0
    label_records: int = 0
    payload_files: list[str] = field(default_factory=list)
    label_files: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=lambda: [STILL_IN_MEMORY, BASELINE])

    def document(self) -> dict[str, Any]:
        """Return the report; it does not name the key."""
        return asdict(self)


def erase(key: str, payloads: Store | None, labels: Store | None) -> Erased:
    """Erase a key. A file is replaced by one without its records, at once; a second time finds nothing.

    Labels go first: a run that ends between the two still finds the predictions that labels name.

    Args:
        key: The entity's key.
        payloads: Where payloads are.
        labels: Where labels are.

    Raises:
        MonitoringError: A file holds something else than it should; what was erased before stays erased.
    """
    erased = Erased()
    predictions = set() if payloads is None else _predictions_of(key, payloads)
    if labels is not None:
        _erase_labels(key, predictions, labels, erased)
    if payloads is not None:
        for name in payload_files(payloads):
            kept, gone = _split(list(records_of(payloads, name)), lambda record: record.get("key") == key)
            if gone:
                lines = b"".join(orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE) for record in kept)
                _replace(payloads, name, gzip.compress(lines, mtime=0) if kept else None)
                erased.payload_records += gone
                erased.payload_files.append(name)
    return erased


def _predictions_of(key: str, payloads: Store) -> set[str]:
    """Return the ids that labels name a key's predictions by."""
    found: set[str] = set()
    for name in payload_files(payloads):
        for record in records_of(payloads, name):
            if record.get("key") == key:
                prediction_id, row = record["prediction_id"], record["row"]
                found |= {f"{prediction_id}/{row}"} | ({prediction_id} if row == 0 else set())
    return found


def _erase_labels(key: str, predictions: set[str], labels: Store, erased: Erased) -> None:
    for name in label_files(labels):
        records = read_records(labels.read(name), name)
        kept, gone = _split(
            records, lambda record: record.get("key") == key or record.get("prediction_id") in predictions
        )
        if gone:
            _replace(labels, name, encoded(kept, name) if kept else None)
            erased.label_records += gone
            erased.label_files.append(name)


def _split(records: list[Any], is_of_key: Callable[[Mapping[str, Any]], bool]) -> tuple[list[Any], int]:
    kept = [record for record in records if not (isinstance(record, Mapping) and is_of_key(record))]
    return kept, len(records) - len(kept)


def _replace(store: Store, name: str, content: bytes | None) -> None:
    if content is None:
        store.remove(name)
    else:
        store.write(name, content)
