"""The addresses that configuration and components take: http or https, and nothing in them that could be a secret."""

from dataclasses import dataclass
from urllib.parse import urlsplit

EXPECTED = "an http or https address without credentials or query"


@dataclass(frozen=True)
class UrlProblem:
    """What is wrong with an address.

    Attributes:
        fix: What to do about it.
        got: What to say in place of the address; None where the address itself may be shown.
    """

    fix: str
    got: str | None = None


def problem_of(url: str) -> UrlProblem | None:
    """Return what is wrong with an address, or None."""
    if any(mark in url for mark in "@?#"):
        # Whatever stands before an @ or after a ? may be a password or a token.
        return UrlProblem(
            "take them out, and change the password", "an address with credentials or a query (not shown)"
        )
    fix = "write it like http://mlflow.flights-dev.svc:5000"
    try:
        parts = urlsplit(url)
        is_right = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_right = False
    return None if is_right and not any(character.isspace() for character in url) else UrlProblem(fix)
