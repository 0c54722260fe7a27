"""Turns a program's inputs into what is compared, stored and sent."""

from sandbox.plugins.aws.completion import completed
from sandbox.plugins.aws.configuration import Configuration
from sandbox.plugins.aws.convert import at
from sandbox.plugins.aws.errors import UnservedTypeError
from sandbox.plugins.aws.shapes import nodes
from sandbox.plugins.aws.special import special_nodes
from sandbox.plugins.aws.table import ResourceType
from sandbox.plugins.aws.types import resource_type
from sandbox.plugins.aws.validation import problems
from sandbox.plugins.protocol.naming import NamingError, NamingRequest
from sandbox.plugins.protocol.redaction import Redactor
from sandbox.plugins.protocol.resources import Failure
from sandbox.plugins.protocol.values import UNKNOWN, Object, plain


def check(
    token: str, news: Object, olds: Object, naming: NamingRequest, configuration: Configuration
) -> tuple[Object, list[Failure]]:
    """Completes and judges inputs, collecting every problem.

    Args:
        token: The resource's type.
        news: What the program gives; secrets may be marked.
        olds: The inputs at the last update; empty when the resource is new or to be replaced.
        naming: How to name it.
        configuration: The provider's.

    Returns:
        The inputs with their secrets marked, and what is wrong with them.
    """
    try:
        kind = resource_type(token)
    except UnservedTypeError as error:
        return news, [Failure("", str(error))]
    given = plain(news)
    failures = [*_refusals(kind, given), *_endpoint_problems(kind, configuration)]
    try:
        inputs = completed(kind, news, olds, naming, configuration)
    except NamingError as error:
        name = kind.naming.property if kind.naming else ""
        return news, [*failures, Failure(name, f"{name}: {error}")]
    failures += _judged(kind, plain(inputs))
    redact = Redactor(news)
    return inputs, [Failure(each.property, f"{each.property}: {redact(each.reason)}") for each in failures]


def _refusals(kind: ResourceType, given: Object) -> list[Failure]:
    return [
        Failure(path, f"not served by this plugin; {instead}")
        for path, instead in kind.refused.items()
        if at(given, path.split(".")) is not None
    ]


def _endpoint_problems(kind: ResourceType, configuration: Configuration) -> list[Failure]:
    if not configuration.endpoints or kind.service in configuration.endpoints:
        return []
    reason = f"the provider's endpoints have none for {kind.service}, and AWS_ENDPOINT_URL is not set"
    return [Failure("", f"{kind.title}: {reason}; this plugin does not talk to AWS")]


def _judged(kind: ResourceType, inputs: Object) -> list[Failure]:
    also = [*(node.name for node in special_nodes(kind)), *(path.partition(".")[0] for path in kind.refused)]
    failures = [each for each in problems(nodes(kind), inputs, also=also) if each.property not in kind.refused]
    tags = inputs.get("tags", {})
    if tags is not UNKNOWN and not isinstance(tags, dict):
        failures.append(Failure("tags", f"got {type(tags).__name__}, expected a map of strings"))
    if not failures:
        failures = [failure for rule in kind.rules for failure in rule(inputs)]
    return failures
