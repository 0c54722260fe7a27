"""What of the payloads is kept, and where: the variable `MLOPS_PAYLOADS`, a JSON object, which the stack writes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from mlops_runtime.errors import SettingsError

VARIABLE: Final = "MLOPS_PAYLOADS"
MIB = 1024 * 1024
_NUMBERS: Mapping[str, tuple[float, float]] = {
    "sampling_percent": (0, 100),
    "text_characters_max": (1, 1_000_000),
    "record_bytes_max": (256, 16 * MIB),
    "queue_mib": (1, 1024),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PayloadSettings:
    """What of the payloads is kept, and where.

    Attributes:
        location: A folder, or `s3://bucket/prefix`.
        sampling_percent: Percent of the requests that are kept, chosen by a hash of their ids.
        redacted_features: Features and outputs whose values are not written.
        text_characters_max: How much of a text is written.
        record_bytes_max: The largest record, of one row, that is written.
        queue_mib: How much may wait to be written before more is dropped.
    """

    location: str
    sampling_percent: float = 100.0
    redacted_features: tuple[str, ...] = ()
    text_characters_max: int = 256
    record_bytes_max: int = 64 * 1024
    queue_mib: int = 16


def settings_from(environment: Mapping[str, str]) -> PayloadSettings | None:
    """Read the settings of a server; None where no payloads are kept.

    Raises:
        SettingsError: With everything that is wrong with the variable.
    """
    text = environment.get(VARIABLE)
    if not text:
        return None
    try:
        document = json.loads(text)
    except ValueError as error:
        raise SettingsError(f"{VARIABLE}: got {text[:80]!r} ({error}), expected a JSON object") from error
    if not isinstance(document, dict):
        raise SettingsError(f"{VARIABLE}: got {text[:80]!r}, expected a JSON object")
    if problems := _problems(document):
        raise SettingsError("; ".join(f"{VARIABLE}.{each}" for each in problems))
    redacted = tuple(document.get("redacted_features", ()))
    return PayloadSettings(**{**document, "redacted_features": redacted})


def _problems(document: Mapping[str, Any]) -> list[str]:
    known = [field.name for field in fields(PayloadSettings)]
    problems = [
        f"{key}: got an unknown key, expected one of {', '.join(known)}" for key in document.keys() - set(known)
    ]
    if not isinstance(document.get("location"), str) or not document["location"]:
        problems.append(f"location: got {document.get('location')!r}, expected a folder or s3://bucket/prefix")
    for key, (least, most) in _NUMBERS.items():
        value = document.get(key, least)
        if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
            problems.append(f"{key}: got {value!r:.80}, expected a number, {least:g} to {most:g}")
    redacted = document.get("redacted_features", [])
    if not isinstance(redacted, list) or not all(isinstance(each, str) for each in redacted):
        problems.append(f"redacted_features: got {redacted!r:.80}, expected a list of names")
    return sorted(problems)
