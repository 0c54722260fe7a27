"""Bearer tokens of one issuer: JSON Web Tokens (RFC 7519), judged as RFC 8725 asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from .errors import AccessRefusedError, Outcome
from .key_set import KeySet

TOKEN_CHARACTERS_MAX = 16 * 1024
LEEWAY_SECONDS = 30
"""How far the clocks of issuer and server may differ."""
CLIENT = "jwt"
"""What metrics call every caller with a token: subjects are without number."""
REQUIRED = ("exp", "iss", "aud")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRules:
    """What a token must say."""

    issuer: str
    audience: str
    scope: str | None = None
    """A scope that it must have; None: none."""


def is_like_a_token(credential: str) -> bool:
    """Tell whether a credential has a token's three parts."""
    return credential.count(".") == 2


class Tokens:
    """Judges the tokens of one issuer."""

    def __init__(self, rules: TokenRules, keys: KeySet) -> None:
        """Set up what is demanded, and what signatures are held against."""
        self._rules = rules
        self._keys = keys

    def load(self) -> None:
        """Read the issuer's keys for the first time.

        Raises:
            AccessError: They could not be read.
        """
        self._keys.load()

    async def subject_of(self, token: str) -> str:
        """Return whom a token is about.

        Raises:
            AccessRefusedError: It is not valid, or lacks the scope.
        """
        claims = await self._claims(token)
        scope = self._rules.scope
        if scope is not None and scope not in _scopes(claims):
            challenge = f'Bearer error="insufficient_scope", scope="{scope}"'
            raise AccessRefusedError(
                403,
                Outcome.SCOPE_MISSING,
                f"the token: got none with the scope {scope!r}, expected it",
                client=CLIENT,
                headers=((b"www-authenticate", challenge.encode()),),
            )
        return str(claims.get("sub") or claims.get("client_id") or claims.get("azp") or "")

    async def _claims(self, token: str) -> Mapping[str, Any]:
        if len(token) > TOKEN_CHARACTERS_MAX:
            raise invalid(f"got more than {TOKEN_CHARACTERS_MAX} characters, expected fewer")
        try:
            header = jwt.get_unverified_header(token)
        except jwt.InvalidTokenError:
            raise invalid("got none that can be read, expected a signed JSON Web Token") from None
        key = await self._keys.find(header.get("kid"))
        if key is None:
            raise invalid("got a key ID that its issuer does not have, expected one of the issuer's key set")
        try:
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key.key,
                algorithms=list(key.algorithms),
                audience=self._rules.audience,
                issuer=self._rules.issuer,
                leeway=LEEWAY_SECONDS,
                options={"require": list(REQUIRED)},
            )
        except jwt.ExpiredSignatureError:
            raise invalid("got one that has expired, expected a new one", Outcome.EXPIRED) from None
        except (jwt.InvalidTokenError, ValueError, TypeError) as error:
            raise invalid(_reason(error)) from None
        return claims


def invalid(reason: str, outcome: Outcome = Outcome.WRONG_CREDENTIAL) -> AccessRefusedError:
    """Return the refusal of a token. The challenge is RFC 6750's, section 3.1."""
    challenge = f'Bearer error="invalid_token", error_description="{reason}"'
    return AccessRefusedError(
        401, outcome, f"the token: {reason}", headers=((b"www-authenticate", challenge.encode()),)
    )


_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (jwt.InvalidAudienceError, "got another audience, expected this endpoint's"),
    (jwt.InvalidIssuerError, "got another issuer, expected this endpoint's"),
    (jwt.ImmatureSignatureError, "got one that is not valid yet, expected one that is"),
    (jwt.MissingRequiredClaimError, "got one without exp, iss or aud, expected them"),
    (jwt.InvalidAlgorithmError, "got another algorithm, expected one of the issuer's key"),
)


def _reason(error: Exception) -> str:
    """Say what is wrong with a token in words of our own: the library's quote the token."""
    otherwise = "got a signature or claims that do not hold, expected valid ones"
    return next((reason for kind, reason in _REASONS if isinstance(error, kind)), otherwise)


def _scopes(claims: Mapping[str, Any]) -> set[str]:
    """Return a token's scopes: RFC 8693's `scope`, or `scp`, which is a text or a list."""
    found: set[str] = set()
    for name in ("scope", "scp"):
        value = claims.get(name)
        if isinstance(value, str):
            found |= set(value.split())
        elif isinstance(value, list):
            found |= {str(each) for each in value}
    return found
