"""Who asks, and may they: the judgement of a request by its headers alone."""

from collections.abc import Iterable
from dataclasses import dataclass

from .api_keys import ApiKeys
from .errors import AccessError, AccessRefusedError, Outcome
from .rate_limit import RateLimit
from .tokens import CLIENT, Tokens, invalid, is_like_a_token

API_KEY_HEADER = b"x-api-key"
AUTHORIZATION_HEADER = b"authorization"
FORWARDED_PROTOCOL_HEADER = b"x-forwarded-proto"
CREDENTIAL_HEADERS = frozenset((API_KEY_HEADER, AUTHORIZATION_HEADER))
BEARER = "bearer "


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    Attributes:
        client: What metrics call them.
        bucket: Whose rate limit counts; None where none does.
    """

    client: str
    bucket: str | None


class Guard:
    """Admits the requests of callers whom it knows."""

    def __init__(
        self,
        *,
        client_keys: ApiKeys | None = None,
        own_keys: ApiKeys | None = None,
        tokens: Tokens | None = None,
        limit: RateLimit | None = None,
        https_host: str | None = None,
    ) -> None:
        """Set up the guard.

        Args:
            client_keys: The clients' API keys. Defaults to none.
            own_keys: The keys of what the stack itself runs, which no rate limit is held against. Defaults to none.
            tokens: Judges tokens. Defaults to none: no token is taken.
            limit: How often a client may ask. Defaults to no limit.
            https_host: The host that is called over HTTPS alone. Defaults to none.
        """
        self._https_host = https_host
        self._client_keys = client_keys
        self._own_keys = own_keys
        self._tokens = tokens
        self._limit = limit

    def load(self) -> None:
        """Read all keys for the first time.

        Raises:
            AccessError: Some are not there. Nobody could call then.
        """
        if self._client_keys is None and self._tokens is None:
            raise AccessError("access: got neither API keys nor an issuer of tokens, expected either")
        for source in (self._client_keys, self._own_keys, self._tokens):
            if source is not None:
                source.load()

    async def admit(self, headers: Iterable[tuple[bytes, bytes]]) -> Caller:
        """Return who asks.

        Raises:
            AccessRefusedError: They may not.
        """
        found = list(headers)
        if self._https_host is not None:
            _refuse_plain_http(found, self._https_host)
        caller = await self._caller(_credential(found))
        if self._limit is not None and caller.bucket is not None:
            seconds = self._limit.take(caller.bucket)
            if seconds:
                raise AccessRefusedError(
                    429,
                    Outcome.TOO_MANY,
                    f"the request: got one above the client's rate limit, expected fewer, fix: wait {seconds} s",
                    client=caller.client,
                    headers=((b"retry-after", str(seconds).encode()),),
                )
        return caller

    async def _caller(self, credential: str) -> Caller:
        if self._own_keys is not None and (own := self._own_keys.client_of(credential)) is not None:
            return Caller(own, None)
        if self._client_keys is not None and (client := self._client_keys.client_of(credential)) is not None:
            return Caller(client, f"key {client}")
        if self._tokens is None:
            raise _unknown("the API key: got one of no client, expected one of the endpoint's keys")
        if not is_like_a_token(credential):
            raise invalid("got no JSON Web Token, expected one")
        return Caller(CLIENT, f"subject {await self._tokens.subject_of(credential)}")


def _credential(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Return the one credential of a request: an API key in a header of its own, or what Authorization bears."""
    given = [(name, value.decode("latin-1").strip()) for name, value in headers if name in CREDENTIAL_HEADERS]
    if not given:
        reason = "the request: got no credential, expected an API key or a token in Authorization: Bearer"
        raise AccessRefusedError(401, Outcome.NO_CREDENTIAL, reason, headers=((b"www-authenticate", b"Bearer"),))
    if len(given) > 1:
        raise _unknown("the request: got more than one credential, expected one")
    name, value = given[0]
    if name == API_KEY_HEADER:
        return value
    if value[: len(BEARER)].lower() != BEARER:
        raise _unknown("Authorization: got another scheme, expected Bearer")
    return value[len(BEARER) :].strip()


def _refuse_plain_http(headers: Iterable[tuple[bytes, bytes]], https_host: str) -> None:
    """Refuse what reached the proxy in front without TLS: whoever saw it on its way has the credential too.

    A proxy in front says for each request how it came, and takes no caller's word for it. So does a service mesh's
    beside each pod of calls within the cluster, which it encrypts itself: those are to the Service's name.
    """
    found = list(headers)
    hosts = [value.decode("latin-1").rpartition(":") for name, value in found if name == b"host"]
    if not any((host or port).lower() == https_host for host, _, port in hosts):
        return
    for name, value in found:
        if name == FORWARDED_PROTOCOL_HEADER and value.split(b",")[0].strip().lower() != b"https":
            reason = "the request: got one over plain HTTP, expected HTTPS, fix: change the key that it was sent with"
            raise AccessRefusedError(403, Outcome.PLAIN_HTTP, reason)


def _unknown(reason: str) -> AccessRefusedError:
    return AccessRefusedError(401, Outcome.WRONG_CREDENTIAL, reason, headers=((b"www-authenticate", b"Bearer"),))
