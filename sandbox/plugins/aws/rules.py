"""What is judged of inputs as a whole."""

from sandbox.plugins.aws.table import Rule
from sandbox.plugins.protocol.resources import Failure
from sandbox.plugins.protocol.values import Object


def exactly_one_of(*names: str) -> Rule:
    """Make the rule that one of some properties is given, and no other."""

    def judge(inputs: Object) -> list[Failure]:
        given = [name for name in names if name in inputs]
        if len(given) == 1:
            return []
        return [Failure(names[0], f"got {_listed(given)}, expected exactly one of {', '.join(names)}")]

    return judge


def exactly_one_of_when(condition: str, *names: str) -> Rule:
    """Make the rule that one of some properties is given wherever a certain other one is."""
    alone = exactly_one_of(*names)

    def judge(inputs: Object) -> list[Failure]:
        return alone(inputs) if condition in inputs else []

    return judge


def conflicting(name: str, *others: str) -> Rule:
    """Make the rule that a property is given beside none of some others."""

    def judge(inputs: Object) -> list[Failure]:
        given = [other for other in others if other in inputs]
        if name not in inputs or not given:
            return []
        return [Failure(name, f"got it beside {_listed(given)}; give one or the other")]

    return judge


def _listed(names: list[str]) -> str:
    return " and ".join(names) or "none"
