"""How an endpoint is reached from outside, in a stack file: the tree of `ExposeArgs`, with lines and strictness."""

from typing import Annotated

from pydantic import Field

from pulumi_mlops._shared.config_model import Model
from pulumi_mlops._shared.values import AnnotationKey, HostName, HttpsUrl, JwtScope, JwtText, Name, ObjectName
from pulumi_mlops.endpoint.expose import settings


class GatewayRouteConfig(Model):
    """HTTPRoute to a Gateway that is there, of the Gateway API."""

    name: ObjectName
    """The Gateway's name."""

    namespace: Name
    """The Gateway's namespace."""

    section_name: ObjectName
    """The Gateway's listener, by its name: one that terminates TLS, with a certificate for the host."""

    proxy_namespace: Name | None = None
    """Namespace of the pods that send the requests on, which the NetworkPolicy lets in. Defaults to the Gateway's
    namespace."""


class IngressRouteConfig(Model):
    """Ingress, for a cluster without the Gateway API."""

    class_name: ObjectName
    """The IngressClass."""

    controller_namespace: Name
    """Namespace of the Ingress controller's pods, which the NetworkPolicy lets in."""

    tls_secret_name: ObjectName
    """Secret in the endpoint's namespace with the host's certificate and private key."""

    annotations: dict[AnnotationKey, str] = Field(default={})
    """Annotations of the Ingress that its controller reads, like traefik.ingress.kubernetes.io/router.entrypoints.
    Defaults to none."""


class JwtConfig(Model):
    """JSON Web Tokens of one issuer, which the model server takes as bearer tokens."""

    issuer: JwtText
    """The claim iss, to the letter."""

    audience: JwtText
    """What the claim aud must be or hold."""

    scope: JwtScope | None = None
    """A scope that the claim scope or scp must hold; a token without it is answered with 403. Defaults to none."""

    jwks_url: HttpsUrl | None = None
    """HTTPS address of the issuer's JSON Web Key Set, which each pod fetches. Give this or jwks_config_map_name."""

    jwks_config_map_name: ObjectName | None = None
    """ConfigMap in the endpoint's namespace with the key set under the key jwks.json."""


class RateLimitConfig(Model):
    """Rate limit: how often each client may call, counted by each replica for itself."""

    requests_per_minute_per_replica: Annotated[int, settings.REQUESTS_PER_MINUTE]
    """Requests a minute of one client at one replica. One above that is answered with 429 and Retry-After."""

    burst: Annotated[int, settings.BURST] | None = None
    """How many of them may come at once. Defaults to requests_per_minute_per_replica."""


class ExposeConfig(Model):
    """How an endpoint is reached from outside its cluster, on kubernetes.

    Every caller of the model then needs an API key or a token, one within the cluster too.
    """

    host: HostName
    """The host name that the endpoint has outside. No other workload has it."""

    gateway: GatewayRouteConfig | None = None
    """HTTPRoute to an existing Gateway. Give gateway or ingress."""

    ingress: IngressRouteConfig | None = None
    """Ingress, for a cluster without the Gateway API."""

    api_keys_secret_name: ObjectName | None = None
    """Secret in the endpoint's namespace with a key for each client: the API key, under the client's name. A changed
    Secret is read without a restart. Give this, jwt, or both."""

    jwt: JwtConfig | None = None
    """JSON Web Tokens that are taken. Defaults to none."""

    rate_limit: RateLimitConfig | None = None
    """Rate limit of each client. Defaults to none."""
