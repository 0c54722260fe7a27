"""The contract of how an endpoint is reached from outside."""

from typing import NotRequired, TypedDict

import pulumi


class GatewayRouteArgs(TypedDict):
    """HTTPRoute to a Gateway that is there, of the Gateway API."""

    name: pulumi.Input[str]
    """The Gateway's name."""
    namespace: pulumi.Input[str]
    """The Gateway's namespace."""
    section_name: pulumi.Input[str]
    """The Gateway's listener, by its name: one that terminates TLS, with a certificate for the host."""
    proxy_namespace: NotRequired[pulumi.Input[str]]
    """Namespace of the pods that send the requests on, which the NetworkPolicy lets in. Defaults to the Gateway's
    namespace."""


class IngressRouteArgs(TypedDict):
    """Ingress, for a cluster without the Gateway API."""

    class_name: pulumi.Input[str]
    """The IngressClass."""
    controller_namespace: pulumi.Input[str]
    """Namespace of the Ingress controller's pods, which the NetworkPolicy lets in."""
    tls_secret_name: pulumi.Input[str]
    """Secret in the endpoint's namespace with the host's certificate and private key."""
    annotations: NotRequired[dict[str, pulumi.Input[str]]]
    """Annotations of the Ingress that its controller reads, such as
    `traefik.ingress.kubernetes.io/router.entrypoints`. Defaults to none."""


class JwtArgs(TypedDict):
    """JSON Web Tokens of one issuer, which the model server takes as bearer tokens."""

    issuer: pulumi.Input[str]
    """The claim `iss`, to the letter."""
    audience: pulumi.Input[str]
    """What the claim `aud` must be or hold."""
    scope: NotRequired[pulumi.Input[str]]
    """A scope that the claim `scope` or `scp` must hold; a token without it is answered with 403. Defaults to none."""
    jwks_url: NotRequired[pulumi.Input[str]]
    """HTTPS address of the issuer's JSON Web Key Set, which each pod fetches. Give this or `jwks_config_map_name`."""
    jwks_config_map_name: NotRequired[pulumi.Input[str]]
    """ConfigMap in the endpoint's namespace with the key set under the key `jwks.json`."""


class RateLimitArgs(TypedDict):
    """Rate limit: how often each client may call, counted by each replica for itself."""

    requests_per_minute_per_replica: int
    """Requests a minute of one client at one replica. One above that is answered with 429 and Retry-After."""
    burst: NotRequired[int]
    """How many of them may come at once. Defaults to `requests_per_minute_per_replica`."""


class ExposeArgs(TypedDict):
    """How an endpoint is reached from outside its cluster, on Kubernetes.

    Every caller of the model then needs an API key or a token, one within the cluster too.
    """

    host: pulumi.Input[str]
    """The host name that the endpoint has outside. No other workload has it."""
    gateway: NotRequired[GatewayRouteArgs]
    """HTTPRoute to an existing Gateway. Give `gateway` or `ingress`."""
    ingress: NotRequired[IngressRouteArgs]
    """Ingress, for a cluster without the Gateway API."""
    api_keys_secret_name: NotRequired[pulumi.Input[str]]
    """Secret in the endpoint's namespace with a key for each client: the API key, under the client's name. A changed
    Secret is read without a restart. Give this, `jwt`, or both."""
    jwt: NotRequired[JwtArgs]
    """JSON Web Tokens that are taken. Defaults to none."""
    rate_limit: NotRequired[RateLimitArgs]
    """Rate limit of each client. Defaults to none."""
