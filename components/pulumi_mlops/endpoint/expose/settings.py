"""How an endpoint is reached from outside: each setting's rule, once, and what is refused of them together."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from pulumi_mlops._shared import values
from pulumi_mlops._shared.arguments import Arguments
from pulumi_mlops._shared.rules import Range

REQUESTS_PER_MINUTE = Range(1, 1_000_000)
BURST = Range(1, 1_000_000)


@dataclass(frozen=True, kw_only=True)
class GatewayRoute:
    """A listener of a Gateway."""

    name: pulumi.Input[str]
    namespace: pulumi.Input[str]
    section_name: pulumi.Input[str]
    proxy_namespace: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class IngressRoute:
    """An Ingress of a class."""

    class_name: pulumi.Input[str]
    tls_secret_name: pulumi.Input[str]
    annotations: Mapping[str, pulumi.Input[str]]
    proxy_namespace: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class TokenSettings:
    """Tokens that are taken. Of the last two there is one."""

    issuer: pulumi.Input[str]
    audience: pulumi.Input[str]
    scope: pulumi.Input[str] | None
    jwks_url: pulumi.Input[str] | None
    jwks_config_map_name: pulumi.Input[str] | None


@dataclass(frozen=True, kw_only=True)
class RateLimitSettings:
    """How often a client may call each replica."""

    requests_per_minute: int
    burst: int


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """How an endpoint is reached from outside. Of API keys and tokens there is one at least."""

    host: pulumi.Input[str]
    route: GatewayRoute | IngressRoute
    api_keys_secret_name: pulumi.Input[str] | None
    tokens: TokenSettings | None
    rate_limit: RateLimitSettings | None


def read_exposure(arguments: Arguments, path: str = "expose") -> Exposure | None:
    """Take how an endpoint is reached from outside; None where it is not, or where something is wrong with it.

    Args:
        arguments: The component's arguments.
        path: Where the settings stand among them.
    """
    if arguments.read(path) is None:
        return None
    route = _gateway(arguments, f"{path}.gateway") or _ingress(arguments, f"{path}.ingress")
    secret_name = arguments.read(f"{path}.api_keys_secret_name", values.object_name)
    tokens = _tokens(arguments, f"{path}.jwt")
    host = arguments.read(f"{path}.host", values.host_name)
    rate_limit = _rate_limit(arguments, f"{path}.rate_limit")
    _refuse_unless_one(arguments, path, ("gateway", "ingress"), "add gateway or ingress, and not both")
    if all(arguments.read(f"{path}.{key}") is None for key in ("api_keys_secret_name", "jwt")) and _sound(
        arguments, path, ("api_keys_secret_name", "jwt")
    ):
        expected = "api_keys_secret_name or jwt: without them anybody outside could call the model"
        arguments.add(path, None, expected, "add one of them")
    if route is None or not arguments.sound(path):
        return None
    return Exposure(host=host, route=route, api_keys_secret_name=secret_name, tokens=tokens, rate_limit=rate_limit)


def _gateway(arguments: Arguments, path: str) -> GatewayRoute | None:
    if arguments.read(path) is None:
        return None
    namespace = arguments.read(f"{path}.namespace", values.namespace)
    return GatewayRoute(
        name=arguments.read(f"{path}.name", values.object_name),
        namespace=namespace,
        section_name=arguments.read(f"{path}.section_name", values.object_name),
        proxy_namespace=arguments.read(f"{path}.proxy_namespace", values.namespace, namespace),
    )


def _ingress(arguments: Arguments, path: str) -> IngressRoute | None:
    if arguments.read(path) is None:
        return None
    return IngressRoute(
        class_name=arguments.read(f"{path}.class_name", values.object_name),
        tls_secret_name=arguments.read(f"{path}.tls_secret_name", values.object_name),
        annotations=arguments.mapping(f"{path}.annotations", values.annotation_key),
        proxy_namespace=arguments.read(f"{path}.controller_namespace", values.namespace),
    )


def _tokens(arguments: Arguments, path: str) -> TokenSettings | None:
    if arguments.read(path) is None:
        return None
    tokens = TokenSettings(
        issuer=arguments.read(f"{path}.issuer", values.jwt_text),
        audience=arguments.read(f"{path}.audience", values.jwt_text),
        scope=arguments.read(f"{path}.scope", values.jwt_scope),
        jwks_url=arguments.read(f"{path}.jwks_url", values.https_url),
        jwks_config_map_name=arguments.read(f"{path}.jwks_config_map_name", values.object_name),
    )
    fix = "add jwks_url, or jwks_config_map_name where pods cannot reach the issuer"
    _refuse_unless_one(arguments, path, ("jwks_url", "jwks_config_map_name"), fix)
    return tokens


def _rate_limit(arguments: Arguments, path: str) -> RateLimitSettings | None:
    if arguments.read(path) is None:
        return None
    per_minute = int(arguments.read(f"{path}.requests_per_minute_per_replica", REQUESTS_PER_MINUTE, 1))
    return RateLimitSettings(
        requests_per_minute=per_minute, burst=int(arguments.read(f"{path}.burst", BURST, per_minute))
    )


def _refuse_unless_one(arguments: Arguments, path: str, keys: tuple[str, str], fix: str) -> None:
    given = [key for key in keys if arguments.read(f"{path}.{key}") is not None]
    if len(given) != 1 and _sound(arguments, path, keys):
        arguments.add(path, given or None, f"exactly one of {' and '.join(keys)}", fix)


def _sound(arguments: Arguments, path: str, keys: tuple[str, ...]) -> bool:
    return arguments.sound(*(f"{path}.{key}" for key in keys))
