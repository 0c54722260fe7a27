"""The payload log of an endpoint, checked and complete: what is stored, on every target."""

from collections.abc import Sequence
from dataclasses import dataclass

from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.rules import Pattern, Range, Setting

PAYLOAD_SAMPLING_PERCENT = Setting(1, 100, default=100)
"""API_DataCaptureConfig has whole percents too."""
TEXT_CHARACTERS_MAX = Setting(1, 1_000_000, default=256)
RECORD_BYTES_MAX = Setting(256, 16 * 1024 * 1024, default=64 * 1024)
RETENTION_DAYS = Range(1, 36500)
FEATURE_NAME = Pattern(
    r"[^\x00-\x1f\x7f]{1,256}",
    "the name of a feature (1 to 256 characters in one line)",
    "write it as the model has it",
)


@dataclass(frozen=True, kw_only=True)
class PayloadSettings:
    """What is stored of the requests."""

    sampling_percent: int
    redacted_features: Sequence[str]
    """In alphabetical order, each once: another order is no other endpoint."""
    text_characters_max: int
    record_bytes_max: int
    retention_days: int | None
    """None: nothing is deleted."""


def read_payloads(arguments: Arguments) -> PayloadSettings | None:
    """Take what is stored of the requests; None where nothing is."""
    path = "payloads"
    if arguments.read(path) is None:
        return None
    days = arguments.read(f"{path}.retention_days", RETENTION_DAYS)
    return PayloadSettings(
        sampling_percent=arguments.number(f"{path}.sampling_percent", PAYLOAD_SAMPLING_PERCENT),
        redacted_features=sorted(set(arguments.items(f"{path}.redacted_features", FEATURE_NAME))),
        text_characters_max=arguments.number(f"{path}.text_characters_max", TEXT_CHARACTERS_MAX),
        record_bytes_max=arguments.number(f"{path}.record_bytes_max", RECORD_BYTES_MAX),
        retention_days=None if days is None else int(days),
    )
