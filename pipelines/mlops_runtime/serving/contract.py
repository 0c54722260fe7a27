"""What a served model takes and gives: the file `serving.json` of a model artifact."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, Self, TypeVar
from unicodedata import normalize

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

CONTRACT_FILE_NAME = "serving.json"
ONNX_FILE_NAME = "model.onnx"
UNICODE_FORM: Final = "NFC"
"""The form of the vocabularies' texts, and of a request's before they are compared: composed, as the web has it."""


Document = TypeVar("Document", bound=BaseModel)


class ContractError(ValueError):
    """A file of the model artifact does not say what it should; the message names the file and every problem."""


def _without_duplicates(values: tuple[str, ...]) -> tuple[str, ...]:
    duplicates = sorted(value for value, count in Counter(values).items() if count > 1)
    if duplicates:
        raise ValueError(f"got {', '.join(map(repr, duplicates))} more than once, expected each category once")
    return values


def in_one_unicode_form(category: str) -> str:
    """Return a category as vocabularies hold it; for "ü" may be one character or two, by the system that wrote it."""
    return normalize(UNICODE_FORM, category)


def _all_in_one_unicode_form(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(map(in_one_unicode_form, values))


class Feature(BaseModel):
    """One column of the model's input matrix.

    A number goes in as it is. A category goes in as its place in `vocabulary`; one that is not there counts as
    missing where `unknown_category` is `missing`, and is refused where it is `refuse`. Missing values go in as NaN.
    Texts that differ only in their Unicode form are one category.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    dtype: Literal["float32", "category"] = "float32"
    nullable: bool = False
    vocabulary: (
        Annotated[tuple[str, ...], AfterValidator(_all_in_one_unicode_form), AfterValidator(_without_duplicates)] | None
    ) = None
    unknown_category: Literal["missing", "refuse"] = "refuse"

    @model_validator(mode="after")
    def _vocabulary_belongs_to_categories(self) -> Self:
        if self.dtype == "category" and not self.vocabulary:
            raise ValueError(
                f"feature {self.name!r}: got no vocabulary, expected one with at least one value: it is a category"
            )
        if self.dtype != "category" and self.vocabulary is not None:
            raise ValueError(f"feature {self.name!r}: got a vocabulary, expected none: it is a number")
        if self.unknown_category == "missing" and not self.nullable:
            raise ValueError(
                f"feature {self.name!r}: got nullable false, expected true: it takes unknown categories as missing"
            )
        return self


class ModelOutput(BaseModel):
    """The one number that the model gives for each row."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    unit: str = ""


class ServingContract(BaseModel):
    """A served model's features, in the order of the input matrix's columns, and its output."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    features: tuple[Feature, ...] = Field(min_length=1)
    output: ModelOutput

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        _without_duplicates(self.feature_names)
        return self

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The features' names in the order of the input matrix's columns."""
        return tuple(feature.name for feature in self.features)

    def to_json(self) -> str:
        """This contract as the text of `serving.json`."""
        return self.model_dump_json(indent=2, exclude_defaults=True) + "\n"


def load_contract(model_directory: Path) -> ServingContract:
    """Reads and checks `serving.json`.

    Raises:
        ContractError: The file is missing or does not hold a contract.
    """
    return parse_file(model_directory / CONTRACT_FILE_NAME, ServingContract)


def parse_file(path: Path, model: type[Document]) -> Document:
    """Reads one JSON file of the artifact as a `model`.

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
