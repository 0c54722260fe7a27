"""One value of a request: what each type takes, and what it is told that it does not."""

import math
from abc import ABC, abstractmethod
from datetime import UTC, datetime
from types import NoneType
from typing import Any, Final

import numpy

from .categories import UNKNOWN, CategoryCodes
from .contract import Feature
from .matrix import FLOAT32_MAXIMUM, expected_range
from .rows import listed

REFUSED: Final = object()
"""What stands for a value that is not taken."""
INT64_MINIMUM, INT64_MAXIMUM = -(2**63), 2**63 - 1
# Whole numbers that came as floats are exact up to here.
EXACT_FLOAT_MAXIMUM = 2**53
# What nanoseconds since 1970 hold, by which pandas and MLflow keep time: the whole years of it.
YEARS = range(1678, 2262)


class CellReader(ABC):
    """Reads the values of one feature."""

    def __init__(self, feature: Feature) -> None:
        self.feature = feature
        self._nullable = feature.nullable

    @property
    def expected(self) -> str:
        """What a value should be, in words."""
        return f"{self.noun}{' or null' if self._nullable else ''}"

    @property
    @abstractmethod
    def noun(self) -> str:
        """What a value that is not null should be."""

    @abstractmethod
    def read(self, value: Any, /) -> Any:
        """Return a value that is not null as the model reads it, or REFUSED."""

    def cell(self, value: object) -> Any:
        """Return a value as the model reads it, or REFUSED."""
        if value is None:
            return None if self._nullable else REFUSED
        return self.read(value)

    def column(self, values: list[Any]) -> list[Any] | None:
        """All values as the model reads them; None where one is not taken."""
        read = list(map(self.cell, values))
        return None if any(each is REFUSED for each in read) else read

    def unknown(self, values: list[Any], read: list[Any]) -> int:  # noqa: ARG002 - most types know none
        """How many of the values were categories that count as missing."""
        return 0

    def got(self, value: object) -> str:  # noqa: ARG002 - most types have nothing to add
        """Return what to say of a refused value instead of showing it; nothing where it is to be shown."""
        return ""


class NumberReader(CellReader):
    """Finite numbers, within the feature's bounds and its type's."""

    def __init__(self, feature: Feature) -> None:
        super().__init__(feature)
        limit = FLOAT32_MAXIMUM if feature.dtype == "float32" else math.inf
        self._minimum = -limit if feature.minimum is None else feature.minimum
        self._maximum = limit if feature.maximum is None else feature.maximum
        self._types = frozenset((float, int, NoneType) if feature.nullable else (float, int))

    @property
    def noun(self) -> str:
        """What a value that is not null should be."""
        return f"a finite number {expected_range(self.feature) or f'in the range of {self.feature.dtype}'}"

    def read(self, value: Any, /) -> Any:
        """Return the number, or REFUSED."""
        if type(value) not in self._types:
            return REFUSED
        try:
            number = float(value)
        except OverflowError:
            return REFUSED
        return number if math.isfinite(number) and self._minimum <= number <= self._maximum else REFUSED

    def column(self, values: list[Any]) -> list[Any] | None:
        """Return the numbers; None where one is not taken."""
        if not set(map(type, values)) <= self._types:
            return None
        try:
            numbers = numpy.array(values, dtype=numpy.float64)
        except OverflowError:
            return None
        if NoneType in self._types:
            numbers = numbers[~numpy.isnan(numbers)]
        is_taken = numpy.isfinite(numbers) & (numbers >= self._minimum) & (numbers <= self._maximum)
        return values if is_taken.all() else None


class WholeNumberReader(CellReader):
    """Whole numbers of 64 bits, within the feature's bounds; 3.0 is one."""

    @property
    def noun(self) -> str:
        """What a value that is not null should be."""
        return f"a whole number {expected_range(self.feature) or 'of 64 bits'}"

    def read(self, value: Any, /) -> Any:
        """Return the number, or REFUSED."""
        if type(value) is float and value.is_integer() and abs(value) <= EXACT_FLOAT_MAXIMUM:
            value = int(value)
        if type(value) is not int or not INT64_MINIMUM <= value <= INT64_MAXIMUM:
            return REFUSED
        low, high = self.feature.minimum, self.feature.maximum
        return REFUSED if (low is not None and value < low) or (high is not None and value > high) else value


class TruthReader(CellReader):
    """True and false, and no numbers in their place."""

    noun = "true or false"

    def read(self, value: Any, /) -> Any:
        """Return the value, or REFUSED."""
        return value if type(value) is bool else REFUSED


class TextReader(CellReader):
    """Texts of a bounded length."""

    @property
    def noun(self) -> str:
        """What a value that is not null should be."""
        return f"text of at most {self.feature.characters_max} characters"

    def read(self, value: Any, /) -> Any:
        """Return the text, or REFUSED."""
        return value if type(value) is str and len(value) <= self.feature.characters_max else REFUSED

    def got(self, value: object) -> str:
        """How long a text is that is too long."""
        return f"text of {len(value)} characters" if isinstance(value, str) else ""


class CategoryReader(CellReader):
    """Texts of a vocabulary, as the vocabulary has them; an unknown one is missing where that is allowed."""

    def __init__(self, feature: Feature) -> None:
        super().__init__(feature)
        self._codes = CategoryCodes(feature)
        self._vocabulary = feature.vocabulary or ()

    @property
    def noun(self) -> str:
        """What a value that is not null should be."""
        return f"one of {listed(self._vocabulary)}"

    def read(self, value: Any, /) -> Any:
        """Return the category, None for an unknown one that counts as missing, or REFUSED."""
        try:
            code = self._codes[value]
        except (KeyError, TypeError):
            return REFUSED
        return None if code is UNKNOWN else self._vocabulary[int(code)]

    def unknown(self, values: list[Any], read: list[Any]) -> int:
        """How many were given and count as missing."""
        if None not in read:
            return 0
        return sum(cell is None and value is not None for value, cell in zip(values, read, strict=True))


class TimeReader(CellReader):
    """Dates and times in ISO 8601's form; one with an offset is taken to UTC, one without is taken for it."""

    noun = f"a date or time in ISO 8601's form, of the years {YEARS[0]} to {YEARS[-1]}"

    def read(self, value: Any, /) -> Any:
        """Return the time in UTC without an offset, or REFUSED."""
        if type(value) is not str:
            return REFUSED
        try:
            time = datetime.fromisoformat(value)
            if time.tzinfo is not None:
                time = time.astimezone(UTC).replace(tzinfo=None)
        except (ValueError, OverflowError):
            return REFUSED
        return time if time.year in YEARS else REFUSED


class VectorReader(CellReader):
    """Lists of so many finite numbers."""

    @property
    def noun(self) -> str:
        """What a value that is not null should be."""
        return f"a list of {self.feature.length} finite numbers"

    def read(self, value: Any, /) -> Any:
        """Return the numbers as floats, or REFUSED."""
        if type(value) is not list or len(value) != self.feature.length or not set(map(type, value)) <= {float, int}:
            return REFUSED
        try:
            numbers = list(map(float, value))
        except OverflowError:
            return REFUSED
        return numbers if all(map(math.isfinite, numbers)) else REFUSED


def reader_of(feature: Feature) -> CellReader:
    """Return what reads a feature's values."""
    readers: dict[str, type[CellReader]] = {
        "float32": NumberReader,
        "float64": NumberReader,
        "int64": WholeNumberReader,
        "bool": TruthReader,
        "text": TextReader,
        "category": CategoryReader,
        "datetime": TimeReader,
        "vector": VectorReader,
    }
    return readers[feature.dtype](feature)
