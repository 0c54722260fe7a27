"""Checks of a component's arguments: everything wrong with them is found and said at once."""

import math
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, NotRequired, get_args, get_origin, is_typeddict

import pulumi

from pulumi_mlops._shared.problems import Check, Problem, Requirement
from pulumi_mlops._shared.rules import Setting


class ArgumentsError(ValueError, pulumi.RunError):
    """Raised when a component's arguments are wrong; its text names every problem.

    Pulumi shows a RunError's text, and any other's traceback.
    """

    def __init__(self, component: str, name: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        lines = "".join(f"\n  {problem}" for problem in self.problems)
        super().__init__(f"{component} {name!r}: {count} with its arguments{lines}")


class Arguments:
    """Collects what is wrong with the arguments of one component.

    Plain values are checked at once. An Output is checked when its value is known, where it is used.
    """

    def __init__(self, component: str, name: str, args: Mapping[str, Any], contract: type) -> None:
        self._component = component
        self._name = name
        self._args = args
        self._problems: list[Problem] = []
        self._check_shape(args, contract, "")

    def add(self, path: str, got: object, expected: str, fix: str) -> None:
        """Note a problem. The value of a password is not shown."""
        self._problems.append(_problem(path, got, Requirement(expected, fix)))

    def add_unknown_key(self, path: str, expected: str) -> None:
        """Note a key that nothing knows. Its value is not shown: it may be a secret under a misspelt name."""
        self._problems.append(Problem(path, "an unknown key", expected, "correct or remove this key"))

    def adopt(self, problems: Iterable[Problem]) -> None:
        """Note what is wrong with a part of the arguments, under its path here; the same twice counts once."""
        self._problems = list(dict.fromkeys([*self._problems, *problems]))

    def sound(self, *paths: str) -> bool:
        """Tell whether nothing is wrong, so far, with these arguments or anything inside them."""
        return not any(
            problem.path == path or problem.path.startswith((f"{path}.", f"{path}["))
            for problem in self._problems
            for path in paths
        )

    def read(self, path: str, check: Check | None = None, default: Any = None) -> Any:
        """Take one argument, checked.

        Args:
            path: Where it stands, such as `kubernetes.namespace`.
            check: What it must satisfy. An Output fails later if it turns out not to.
            default: What it is when left out. The default is not checked.

        Returns:
            The value; the default if it is left out or known to be wrong.
        """
        value: Any = self._args
        for key in path.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        if value is None or not self.sound(path):
            return default
        checked = self.check(path, value, check) if check else value
        return checked if self.sound(path) else default

    def number(self, path: str, setting: Setting) -> int:
        """Take a whole number, checked; the setting's default if it is left out or known to be wrong."""
        return int(self.read(path, setting, setting.default))

    def optional_number(self, path: str, setting: Setting) -> int | None:
        """Take a whole number, checked; the setting's default, which may be None, if it is left out."""
        value = self.read(path, setting, setting.default)
        return None if value is None else int(value)

    def items(self, path: str, check: Check) -> list[Any]:
        """Take a list, each item of it checked under its own path; empty if it is left out."""
        return [self.check(f"{path}[{index}]", item, check) for index, item in enumerate(self.read(path, None, []))]

    def mapping(self, path: str, key_check: Check, value_check: Check | None = None) -> dict[str, Any]:
        """Take a mapping whose keys are checked, and its values where they have a rule; empty if it is left out."""
        given: Mapping[str, Any] = self.read(path, None, {})
        for key in given:
            self.check(f"{path}.{key}", key, key_check)
        if value_check is None:
            return dict(given)
        return {key: self.check(f"{path}.{key}", value, value_check) for key, value in given.items()}

    def check(self, path: str, value: Any, check: Check) -> Any:
        """Check a value now, or inside the Output that it is, and return it."""
        if isinstance(value, pulumi.Output):
            return value.apply(lambda known: self._demand(path, known, check))
        if requirement := check(value):
            self._problems.append(_problem(path, value, requirement))
        return value

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong so far."""
        return tuple(self._problems)

    def finish(self) -> None:
        """End the checks.

        Raises:
            ArgumentsError: If there was any problem.
        """
        if self._problems:
            raise ArgumentsError(self._component, self._name, self._problems)

    def _demand(self, path: str, value: Any, check: Check) -> Any:
        if requirement := check(value):
            raise ArgumentsError(self._component, self._name, [_problem(path, value, requirement)])
        return value

    def _check_shape(self, args: object, contract: type, path: str) -> None:
        if not isinstance(args, Mapping):
            self.add(path or "args", args, f"the keys of {contract.__name__}", "pass a dictionary")
            return
        hints: Mapping[str, Any] = contract.__annotations__
        prefix = f"{path}." if path else ""
        for key in sorted(set(args) - set(hints)):
            self.add_unknown_key(f"{prefix}{key}", f"one of {', '.join(sorted(hints))}")
        for key, hint in hints.items():
            required = get_origin(hint) is not NotRequired
            value = args.get(key)
            if value is not None:
                self._check_type(value, hint if required else get_args(hint)[0], f"{prefix}{key}")
            elif required:
                self.add(f"{prefix}{key}", None, describe(hint), "add this key")

    def _check_type(self, value: object, hint: Any, path: str) -> None:
        if _is_input(hint):
            if isinstance(value, pulumi.Output):
                return
            hint = get_args(hint)[0]
        if is_typeddict(hint):
            self._check_shape(value, hint, path)
        elif get_origin(hint) is list and isinstance(value, list | tuple):
            for index, item in enumerate(value):
                self._check_type(item, get_args(hint)[0], f"{path}[{index}]")
        elif get_origin(hint) is dict and isinstance(value, Mapping):
            for key, item in value.items():
                self._check_type(item, get_args(hint)[1], f"{path}.{key}")
        elif not _has_type(value, hint):
            self.add(path, value, describe(hint), "correct this value")


def _problem(path: str, value: object, requirement: Requirement) -> Problem:
    got = requirement.got or show(value)
    if path.endswith("password") and value is not None:
        got = "a secret"
    return Problem(path, got, requirement.expected, requirement.fix)


def _is_input(hint: Any) -> bool:
    return len(get_args(hint)) > 1 and get_origin(hint) not in (dict, list)


def _has_type(value: object, hint: Any) -> bool:
    if hint is Any:
        return True
    if isinstance(hint, type) and issubclass(hint, Enum):
        return value in [member.value for member in hint]
    if hint is int:
        # Values that come through the component protocol are numbers without a kind: 3 arrives as 3.0.
        return not isinstance(value, bool) and isinstance(value, int | float) and float(value).is_integer()
    if hint is float:
        # No document that a target reads can hold infinity.
        if isinstance(value, float):
            return math.isfinite(value)
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, get_origin(hint) or hint)


def describe(hint: Any) -> str:
    """Name a type of an argument as a person would."""
    if get_origin(hint) is NotRequired or _is_input(hint):
        hint = get_args(hint)[0]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return "one of " + ", ".join(str(member.value) for member in hint)
    names = {str: "text", int: "a whole number", float: "a number", bool: "true or false", list: "a list"}
    return names.get(get_origin(hint) or hint, "a dictionary")


def show(value: object) -> str:
    """Write a value for an error message. Outputs and long values are not printed."""
    if value is None:
        return "nothing"
    if isinstance(value, pulumi.Output):
        return "an output"
    if isinstance(value, Enum):
        value = value.value
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:117]}..."
