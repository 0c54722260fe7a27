from typing import NoReturn

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError


class Model(BaseModel):
    """Base of every configuration model: frozen, strict, and without room for unknown keys.

    Strict means that no value is converted: a float is not taken for a string, nor a quoted number for a number.
    Infinity, which a number of too many digits turns into, is no number. A field's docstring is its description, which
    `schema` reads: pydantic itself would read them all whenever a program starts. For the same reason a model's
    validator is only built when it is asked for, and most are but parts of a larger one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)


def refuse(*, expected: str, fix: str, got: str | None = None) -> NoReturn:
    """Refuse a value from within a validator.

    Args:
        expected: What would have been right, as a noun phrase.
        fix: What to do about it, as an imperative.
        got: What was found. Defaults to the value itself.

    Raises:
        PydanticCustomError: Always; it carries the three texts for the report.
    """
    context = {"expected": expected, "fix": fix}
    if got is not None:
        context["got"] = got
    raise PydanticCustomError("refused", "expected {expected}", context)
