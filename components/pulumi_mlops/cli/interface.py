"""What an endpoint takes and gives, as `mlops predict --describe` shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Column:
    """One input or output.

    Attributes:
        name: Its name in rows, or in answers.
        kind: What its values are, in the words of whoever describes it, such as FP32 or category.
        unit: The unit of its numbers; empty where none is known.
        values: The only values that it takes, or a classifier's classes; none where these are not known.
    """

    name: str
    kind: str
    unit: str = ""
    values: tuple[str, ...] = ()

    @property
    def heading(self) -> str:
        """Its name and unit."""
        return f"{self.name} [{self.unit}]" if self.unit else self.name


@dataclass(frozen=True)
class Interface:
    """What an endpoint takes and gives."""

    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]

    def to_document(self) -> dict[str, Any]:
        """The inputs and outputs as plain data, for `--json`."""
        return {key: list(columns) for key, columns in asdict(self).items()}


def of_metadata(document: Mapping[str, Any]) -> Interface:
    """Read the metadata document of the Open Inference Protocol.

    Raises:
        ValueError: When it is in another form.
    """
    try:
        return Interface(_tensors(document["inputs"]), _tensors(document["outputs"]))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"metadata: got {str(document)[:200]}, expected inputs and outputs with names") from error


def _tensors(tensors: Sequence[Mapping[str, Any]]) -> tuple[Column, ...]:
    return tuple(
        Column(
            str(tensor["name"]),
            str(tensor.get("datatype", "")),
            str((tensor.get("parameters") or {}).get("unit") or ""),
            _values((tensor.get("parameters") or {}).get("classes")),
        )
        for tensor in tensors
    )


def of_contract(document: Mapping[str, Any]) -> Interface:
    """Read the `serving.json` of a model.

    Raises:
        ValueError: When it is in another form.
    """
    try:
        inputs = tuple(
            Column(str(each["name"]), str(each.get("dtype", "float32")), "", _values(each.get("vocabulary")))
            for each in document["features"]
        )
        outputs = tuple(
            Column(str(each["name"]), str(each.get("kind", "number")), str(each.get("unit") or ""), classes)
            for each in document["outputs"]
            for classes in [_values(each.get("classes"))]
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"serving.json: got {str(document)[:200]}, expected features and outputs") from error
    return Interface(inputs, outputs)


def _values(values: Any) -> tuple[str, ...]:
    """Return values as texts. In a tensor's parameters they may stand as one text, in JSON or between commas."""
    if isinstance(values, str):
        values = [value.strip(" []\"'") for value in values.split(",")]
    return tuple(map(str, values or ()))
