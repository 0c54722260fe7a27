"""The rule of one value, stated once: a component calls it, and pydantic takes it as an annotation.

Pydantic is imported only where it asks: a component's program does not need it.
"""

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pulumi_mlops._shared.problems import Check, Requirement

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema


class Rule(ABC):
    """What a value must satisfy."""

    before_type: bool = False
    """Whether pydantic asks it before it looks at the value's type."""

    @abstractmethod
    def __call__(self, value: Any) -> Requirement | None:
        """Return what the value violates, or None if it is right."""

    def json_schema(self) -> Mapping[str, Any]:
        """Return what a JSON Schema says of such a value, besides its type."""
        return {}

    def __get_pydantic_core_schema__(self, source: object, handler: "GetCoreSchemaHandler") -> "CoreSchema":
        from pydantic_core import core_schema  # noqa: PLC0415 - see above

        if self.before_type:
            return core_schema.no_info_before_validator_function(self._demanded, handler(source))
        return core_schema.no_info_after_validator_function(self._demanded, handler(source))

    def __get_pydantic_json_schema__(self, schema: "CoreSchema", handler: "GetJsonSchemaHandler") -> "JsonSchemaValue":
        return {**handler(schema), **self.json_schema()}

    def _demanded(self, value: Any) -> Any:
        from pulumi_mlops._shared.config_model import refuse  # noqa: PLC0415 - see above

        if requirement := self(value):
            refuse(expected=requirement.expected, fix=requirement.fix, got=requirement.got)
        return value


@dataclass(frozen=True)
class Pattern(Rule):
    """A text, the whole of which matches."""

    pattern: str
    expected: str
    fix: str
    max_length: int | None = None

    def __call__(self, value: str) -> Requirement | None:
        """Return what the text violates, or None."""
        if self.max_length is not None and len(value) > self.max_length:
            expected = f"{self.expected}, at most {self.max_length} characters"
            return Requirement(expected, "shorten it", f"{value!r} ({len(value)} characters)")
        return None if re.fullmatch(self.pattern, value) else Requirement(self.expected, self.fix)

    def json_schema(self) -> Mapping[str, Any]:
        """Return the pattern, and the length where there is one."""
        length = {} if self.max_length is None else {"maxLength": self.max_length}
        return {"pattern": f"^({self.pattern})$", **length}


@dataclass(frozen=True)
class Range(Rule):
    """A number, both ends included unless it is said otherwise."""

    least: float
    most: float = math.inf
    ends_included: bool = True

    def __call__(self, value: float) -> Requirement | None:
        """Return what the number violates, or None."""
        if not self.ends_included:
            if self.least < value < self.most:
                return None
            expected = f"more than {_number(self.least)} and less than {_number(self.most)}"
            return Requirement(expected, "choose a number in this range")
        if self.least <= value <= self.most:
            return None
        least, most = _number(self.least), _number(self.most)
        expected = f"at least {least}" if self.most == math.inf else f"{least} to {most}"
        return Requirement(expected, "raise it" if value < self.least else "lower it")

    def json_schema(self) -> Mapping[str, Any]:
        """Return the bounds."""
        low, high = ("minimum", "maximum") if self.ends_included else ("exclusiveMinimum", "exclusiveMaximum")
        least = {} if self.least == -math.inf else {low: self.least}
        return least | ({} if self.most == math.inf else {high: self.most})


def _number(value: float) -> str:
    """Write a bound with all of its digits: 2592000, and not 2.592e+06."""
    return f"{value:.15g}"


@dataclass(frozen=True)
class Setting(Range):
    """A number that a setting takes, and what it is when left out."""

    default: Any = None

    def __call__(self, value: float) -> Requirement | None:
        """Return what the number violates, or None."""
        return Range.__call__(self, value)


@dataclass(frozen=True)
class Where(Rule):
    """A value that a function accepts."""

    check: Callable[[Any], Requirement | None]
    schema: Mapping[str, Any] = field(default_factory=dict, hash=False)
    before_type: bool = False

    def __call__(self, value: Any) -> Requirement | None:
        """Return what the function says."""
        return self.check(value)

    def json_schema(self) -> Mapping[str, Any]:
        """Return what was said of it beforehand."""
        return self.schema


@dataclass(frozen=True)
class Normalised:
    """Pydantic takes what the function makes of a value that is right."""

    function: Callable[[Any], Any]

    def __get_pydantic_core_schema__(self, source: object, handler: "GetCoreSchemaHandler") -> "CoreSchema":
        from pydantic_core import core_schema  # noqa: PLC0415 - see above

        return core_schema.no_info_after_validator_function(self.function, handler(source))


def all_of(*checks: Check) -> Check:
    """Accept what every one of the checks accepts; else say what the first that does not expected."""
    return lambda value: next((found for check in checks if (found := check(value))), None)
