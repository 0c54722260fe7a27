"""What a served model takes and gives: the file `serving.json` of a model artifact."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, Self, TypeVar
from unicodedata import normalize

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    ValidationError,
    model_validator,
)

CONTRACT_FILE_NAME = "serving.json"
GOLDEN_FILE_NAME = "golden.json"
ONNX_FILE_NAME = "model.onnx"
UNICODE_FORM: Final = "NFC"
"""The form of the vocabularies' texts, and of a request's before they are compared: composed, as the web has it."""

FeatureType = Literal["float32", "category", "float64", "int64", "bool", "text", "datetime", "vector"]
NUMBER_TYPES: Final = frozenset(("float32", "float64", "int64"))
OutputKind = Literal["number", "label", "probabilities", "vector", "text"]
RuntimeName = Literal["onnx", "pyfunc", "llm"]
LANGUAGE_MODEL: Final = "llm"
"""The runtime of a model that writes text; `language_model.json` beside the contract says more of it."""
DEFAULT_RUNTIME: Final = "onnx"

Finite = Annotated[float, Field(allow_inf_nan=False)]
Document = TypeVar("Document", bound=BaseModel)


class ContractError(ValueError):
    """A file of the model artifact does not say what it should; the message names the file and every problem."""


def _without_duplicates(values: tuple[str, ...], noun: str = "category") -> tuple[str, ...]:
    duplicates = sorted(value for value, count in Counter(values).items() if count > 1)
    if duplicates:
        raise ValueError(f"got {', '.join(map(repr, duplicates))} more than once, expected each {noun} once")
    return values


def in_one_unicode_form(category: str) -> str:
    """Return a category as vocabularies hold it; for "ü" may be one character or two, by the system that wrote it."""
    return normalize(UNICODE_FORM, category)


def _all_in_one_unicode_form(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(in_one_unicode_form, values))


class Feature(BaseModel):
    """One column that the model takes.

    A `float32` goes in as it is. A `category` goes in as its place in `vocabulary`, or as its text where the model
    takes text; one that is not there counts as missing where `unknown_category` is `missing`, and is refused where it
    is `refuse`. Texts that differ only in their Unicode form are one category. A missing `float32`, `float64` or
    `category` goes in as NaN.

    Attributes:
        name: The column's name.
        dtype: Its type. A `datetime` is text in ISO 8601's form; a `vector` is a list of `length` numbers.
        nullable: Whether it may be missing.
        vocabulary: The categories that the model knows.
        unknown_category: What becomes of another category.
        minimum: The least number that is taken; None for no bound.
        maximum: The greatest number that is taken; None for no bound.
        length: How many numbers a vector has.
        characters_max: How long a text may be.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    dtype: FeatureType = "float32"
    nullable: bool = False
    vocabulary: (
        Annotated[tuple[str, ...], AfterValidator(_all_in_one_unicode_form), AfterValidator(_without_duplicates)] | None
    ) = None
    unknown_category: Literal["missing", "refuse"] = "refuse"
    minimum: Finite | None = None
    maximum: Finite | None = None
    length: int | None = Field(default=None, ge=1)
    characters_max: int = Field(default=100_000, ge=1)

    @model_validator(mode="after")
    def _vocabulary_belongs_to_categories(self) -> Self:
        if self.dtype == "category" and not self.vocabulary:
            raise ValueError(
                f"feature {self.name!r}: got no vocabulary, expected one with at least one value: it is a category"
            )
        if self.dtype != "category" and self.vocabulary is not None:
            raise ValueError(f"feature {self.name!r}: got a vocabulary, expected none: it is {self._noun}")
        if self.unknown_category == "missing" and not self.nullable:
            raise ValueError(
                f"feature {self.name!r}: got nullable false, expected true: it takes unknown categories as missing"
            )
        return self

    @model_validator(mode="after")
    def _bounds_belong_to_their_types(self) -> Self:
        bounded = self.minimum is not None or self.maximum is not None
        if bounded and self.dtype not in NUMBER_TYPES:
            raise ValueError(f"feature {self.name!r}: got a minimum or maximum, expected none: it is {self._noun}")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(
                f"feature {self.name!r}: got minimum {self.minimum:g}, expected at most the maximum {self.maximum:g}"
            )
        if (self.length is None) == (self.dtype == "vector"):
            expected = "none" if self.length is not None else "one"
            raise ValueError(
                f"feature {self.name!r}: got length {self.length}, expected {expected}: it is {self._noun}"
            )
        if "characters_max" in self.model_fields_set and self.dtype != "text":
            raise ValueError(f"feature {self.name!r}: got characters_max, expected none: it is {self._noun}")
        return self

    @property
    def _noun(self) -> str:
        return "a number" if self.dtype in NUMBER_TYPES else f"a {self.dtype}"


class ModelOutput(BaseModel):
    """One thing that the model gives for each row.

    Attributes:
        name: Its name in answers. It is the name of the graph's output too, where an ONNX graph has several.
        kind: `number`; `label`, one of `classes`; `probabilities`, a number for each of `classes` in their order;
            `vector`, `length` numbers; `text`.
        unit: The unit of its numbers.
        classes: A classifier's classes, all texts or all whole numbers.
        length: How many numbers a vector has.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    kind: OutputKind = "number"
    unit: str = ""
    classes: tuple[StrictStr, ...] | tuple[StrictInt, ...] | None = None
    length: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _settings_belong_to_their_kinds(self) -> Self:
        has_classes = self.kind in ("label", "probabilities")
        if has_classes != bool(self.classes):
            expected = "at least one" if has_classes else "none"
            raise ValueError(f"output {self.name!r}: got classes {self.classes}, expected {expected}: {self._is}")
        if self.classes:
            try:
                _without_duplicates(self.class_names, "class")
            except ValueError as error:
                raise ValueError(f"output {self.name!r}: classes: {error}") from None
        if (self.length is None) == (self.kind == "vector"):
            expected = "none" if self.length is not None else "one"
            raise ValueError(f"output {self.name!r}: got length {self.length}, expected {expected}: {self._is}")
        if self.unit and self.kind not in ("number", "vector"):
            raise ValueError(f"output {self.name!r}: got unit {self.unit!r}, expected none: {self._is}")
        return self

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes as text: the names of a row's probabilities."""
        return tuple(map(str, self.classes or ()))

    @property
    def columns(self) -> int | None:
        """How many numbers a row has; None where a row has one value and not a list."""
        return len(self.classes or ()) if self.kind == "probabilities" else self.length

    @property
    def _is(self) -> str:
        return f"its kind is {self.kind}"


class ServingContract(BaseModel):
    """A served model's features, in the order of its input's columns, and its outputs.

    Attributes:
        runtime: What runs the model: ONNX Runtime (`model.onnx`), MLflow's pyfunc (`MLmodel`), or a language model's
            engine (`language_model.json`).
        features: What it takes.
        outputs: What it gives.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    runtime: RuntimeName = DEFAULT_RUNTIME
    features: tuple[Feature, ...] = Field(min_length=1)
    outputs: tuple[ModelOutput, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        _without_duplicates(self.feature_names, "feature")
        _without_duplicates(self.output_names, "output")
        return self

    @model_validator(mode="after")
    def _classes_have_one_order(self) -> Self:
        """Probabilities have no names but by that order, and a label's is the one that a reader compares with."""
        first_by_set: dict[frozenset[str], ModelOutput] = {}
        for output in self.outputs:
            if output.classes is None:
                continue
            first = first_by_set.setdefault(frozenset(output.class_names), output)
            if first.class_names != output.class_names:
                got, expected = (", ".join(each.class_names[:24]) for each in (output, first))
                raise ValueError(
                    f"output {output.name!r}: got classes {got}, expected {expected}, as output {first.name!r}"
                )
        return self

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The features' names in the order of the input's columns."""
        return tuple(feature.name for feature in self.features)

    @property
    def output_names(self) -> tuple[str, ...]:
        """The outputs' names in their order."""
        return tuple(output.name for output in self.outputs)

    @property
    def is_one_number(self) -> bool:
        """Whether the model gives one number for each row and nothing else."""
        return len(self.outputs) == 1 and self.outputs[0].kind == "number"

    def to_json(self) -> str:
        """Return this contract as the text of `serving.json`."""
        return self.model_dump_json(indent=2, exclude_defaults=True) + "\n"


def load_contract(model_directory: Path) -> ServingContract:
    """Read and check `serving.json`.

    Raises:
        ContractError: The file is missing or does not hold a contract.
    """
    return parse_file(model_directory / CONTRACT_FILE_NAME, ServingContract)


class _Runtime(BaseModel):
    runtime: RuntimeName = DEFAULT_RUNTIME


def runtime_of(model_directory: Path) -> RuntimeName:
    """Return what runs an artifact's model: the one place that says so, before anything of it is loaded.

    What is wrong with a contract is told when it is loaded; here it names the runtime that does so by default.
    """
    try:
        return parse_file(model_directory / CONTRACT_FILE_NAME, _Runtime).runtime
    except ContractError:
        return DEFAULT_RUNTIME


def parse_file(path: Path, model: type[Document]) -> Document:
    """Read one JSON file of the artifact as a `model`.

    Raises:
        ContractError: The file cannot be read or does not fit; all problems in one message.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ContractError(f"{path}: got {error}, expected a readable file of the model artifact") from error
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        problems = "; ".join(_sentence(problem) for problem in error.errors())
        raise ContractError(f"{path}: {problems}") from error


def _sentence(problem: Mapping[str, object]) -> str:
    location = problem["loc"]
    place = ".".join(map(str, location)) if isinstance(location, tuple) and location else "(whole file)"
    return f"{place}: got {str(problem['input'])[:80]!r}: {str(problem['msg']).removeprefix('Value error, ')}"
