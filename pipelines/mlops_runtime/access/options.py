"""What a server's command line says of who may call it."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .guard import Guard
    from .tokens import Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessOptions:
    """Who may call a server, and how often."""

    client_keys: Path | None
    own_keys: Path | None
    https_host: str | None
    issuer: str | None
    audience: str | None
    scope: str | None
    key_set_url: str | None
    key_set_file: Path | None
    requests_per_minute: int | None
    burst: int | None

    def guard(self) -> "Guard | None":
        """Return who judges requests; None where anybody may call. Its keys are not read yet."""
        if self.client_keys is None and self.issuer is None:
            return None
        # A server without a guard has no use for what reads tokens.
        from .api_keys import ApiKeys  # noqa: PLC0415
        from .guard import Guard  # noqa: PLC0415
        from .rate_limit import RateLimit  # noqa: PLC0415

        per_minute = self.requests_per_minute
        return Guard(
            client_keys=None if self.client_keys is None else ApiKeys(self.client_keys),
            own_keys=None if self.own_keys is None else ApiKeys(self.own_keys),
            tokens=self._tokens(),
            limit=None if per_minute is None else RateLimit(per_minute, self.burst or per_minute),
            https_host=self.https_host,
        )

    def _tokens(self) -> "Tokens | None":
        if self.issuer is None or self.audience is None:
            return None
        from .key_set import KeySet, from_file, from_url  # noqa: PLC0415
        from .tokens import TokenRules, Tokens  # noqa: PLC0415

        source = from_url(self.key_set_url) if self.key_set_url is not None else from_file(self.key_set_file or Path())
        return Tokens(TokenRules(issuer=self.issuer, audience=self.audience, scope=self.scope), KeySet(source))


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options to a server's. Without them anybody may call it who reaches it."""
    group = parser.add_argument_group("who may call")
    group.add_argument("--client-keys", type=Path, metavar="DIR", help="a file for each client, with its API key")
    group.add_argument("--own-keys", type=Path, metavar="DIR", help="the same for what the stack itself runs")
    group.add_argument("--https-host", metavar="HOST", help="requests to this host are refused over plain HTTP")
    group.add_argument("--jwt-issuer", help="the issuer of tokens that are taken")
    group.add_argument("--jwt-audience", help="the audience that a token must name")
    group.add_argument("--jwt-scope", help="a scope that a token must have")
    group.add_argument("--jwks-url", help="where the issuer's public keys are fetched from")
    group.add_argument("--jwks-file", type=Path, metavar="FILE", help="a file with the issuer's public keys")
    group.add_argument("--requests-per-minute", type=int, help="of each client")
    group.add_argument("--burst", type=int, help="how many of them may come at once")


def options_of(parser: argparse.ArgumentParser, given: argparse.Namespace) -> AccessOptions:
    """Return what a command line says. One that says it by halves ends the program: nobody is let in by mistake."""
    key_sets = [name for name in ("jwks_url", "jwks_file") if getattr(given, name) is not None]
    if given.jwt_issuer is not None and (given.jwt_audience is None or len(key_sets) != 1):
        parser.error("--jwt-issuer: expected --jwt-audience, and one of --jwks-url and --jwks-file, beside it")
    if given.jwt_issuer is None and (key_sets or given.jwt_audience is not None or given.jwt_scope is not None):
        parser.error("--jwks-url, --jwks-file, --jwt-audience, --jwt-scope: expected --jwt-issuer beside them")
    is_guarded = given.client_keys is not None or given.jwt_issuer is not None
    beside = (given.own_keys, given.https_host, given.requests_per_minute)
    if not is_guarded and any(each is not None for each in beside):
        parser.error(
            "--own-keys, --https-host, --requests-per-minute: expected --client-keys or --jwt-issuer beside them"
        )
    if given.burst is not None and given.requests_per_minute is None:
        parser.error("--burst: expected --requests-per-minute beside it")
    return AccessOptions(
        client_keys=given.client_keys,
        own_keys=given.own_keys,
        https_host=given.https_host,
        issuer=given.jwt_issuer,
        audience=given.jwt_audience,
        scope=given.jwt_scope,
        key_set_url=given.jwks_url,
        key_set_file=given.jwks_file,
        requests_per_minute=given.requests_per_minute,
        burst=given.burst,
    )
