"""Calls AWS's operations at endpoints on this machine, with patience for a service that asks for it."""

import copy
import random
import threading
from collections.abc import Callable
from typing import Any

import botocore.exceptions
import botocore.session
from botocore.config import Config

from sandbox.plugins.aws.configuration import Configuration
from sandbox.plugins.aws.errors import AwsError, UnreachableError
from sandbox.plugins.aws.shapes import LOADER
from sandbox.plugins.protocol.errors import CancelledError, ProviderError
from sandbox.plugins.protocol.values import Object

_THROTTLED = frozenset(
    {
        *("Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException", "RequestThrottled"),
        *("TooManyRequestsException", "RequestLimitExceeded", "BandwidthLimitExceeded", "LimitExceededException"),
        *("ProvisionedThroughputExceededException", "SlowDown", "PriorRequestNotComplete", "EC2ThrottledException"),
        "TransactionInProgressException",
    }
)
_TOO_MANY = 429
_BROKEN = 500
_RETRIES_OF_BROKEN = 2
_FIRST_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 20.0
_CONNECT_SECONDS = 5
_READ_SECONDS = 30

_UNREACHED = (
    botocore.exceptions.EndpointConnectionError,
    botocore.exceptions.ConnectionClosedError,
    botocore.exceptions.ConnectTimeoutError,
    botocore.exceptions.ReadTimeoutError,
    botocore.exceptions.HTTPClientError,
)
_NOT_SENT = (botocore.exceptions.EndpointConnectionError, botocore.exceptions.ConnectTimeoutError)


class Cloud:
    """The services. Safe to be used by many threads."""

    def __init__(self, configuration: Configuration, cancelled: threading.Event) -> None:
        """Prepare the services; none is asked yet.

        Args:
            configuration: Where they are.
            cancelled: Set once the person asks to stop.
        """
        self._configuration = configuration
        self._cancelled = cancelled
        self._clients: dict[tuple[str, str], Any] = {}
        self._lock = threading.Lock()
        self._jitter = random.Random()  # noqa: S311 - no secret

    def caller(self, service: str, region: str) -> Callable[[str, Object], Object]:
        """Return what calls the operations of a service in a region."""
        return lambda operation, parameters: self.call(service, region, operation, parameters)

    def call(self, service: str, region: str, operation: str, parameters: Object) -> Object:
        """Call an operation.

        Requests that are throttled are repeated for minutes, with growing pauses; those that a broken service fails, or
        that find no connection, twice within a second or two. One that may have been done already is not repeated.

        Raises:
            AwsError: The service refused.
            UnreachableError: It does not answer.
            CancelledError: The person asked to stop in a pause.
        """
        client = self._client(service, region)
        attempt = 0
        while True:
            try:
                return self._once(client, operation, parameters)
            except (AwsError, UnreachableError) as error:
                pause_seconds = self._pause_seconds(error, attempt)
                if pause_seconds is None:
                    raise
            self.pause(pause_seconds)
            attempt += 1

    def pause(self, seconds: float) -> None:
        """Wait.

        Raises:
            CancelledError: The person asked to stop.
        """
        if self._cancelled.wait(seconds):
            raise CancelledError("cancelled")

    def _pause_seconds(self, error: ProviderError, attempt: int) -> float | None:
        """Return how long to wait before the request is repeated; None when it is not."""
        pause_seconds = min(_FIRST_PAUSE_SECONDS * 2**attempt, _LONGEST_PAUSE_SECONDS) * self._jitter.uniform(0.7, 1.0)
        if isinstance(error, AwsError):
            if error.code in _THROTTLED or error.status == _TOO_MANY:
                return pause_seconds if attempt < self._configuration.most_retries else None
            if error.status < _BROKEN:
                return None
        elif isinstance(error, UnreachableError) and error.was_sent:
            return None
        return pause_seconds if attempt < _RETRIES_OF_BROKEN else None

    def _once(self, client: Any, operation: str, parameters: Object) -> Object:
        try:
            # botocore's own method takes the operation as AWS names it. It adds to what it is given.
            answer: Object = client._make_api_call(operation, copy.deepcopy(parameters))  # noqa: SLF001
        except botocore.exceptions.ClientError as error:
            raise _refusal(operation, error) from error
        except botocore.exceptions.ParamValidationError as error:
            raise ProviderError(f"{operation}: {error}") from error
        except _UNREACHED as error:
            url = client.meta.endpoint_url
            text = f"{operation}: {url} does not answer: {_reason(error)}; is it running?"
            raise UnreachableError(text, was_sent=not isinstance(error, _NOT_SENT)) from error
        return {name: value for name, value in answer.items() if name != "ResponseMetadata"}

    def _client(self, service: str, region: str) -> Any:
        with self._lock:
            if (service, region) not in self._clients:
                self._clients[service, region] = self._made_client(service, region)
            return self._clients[service, region]

    def _made_client(self, service: str, region: str) -> Any:
        url = self._configuration.endpoints.get(service)
        if url is None:
            raise ProviderError(
                f"endpoints: has none for {service}, and AWS_ENDPOINT_URL is not set; this plugin does not talk to AWS"
            )
        # A session of its own: no configuration files, no profiles, no credentials but those of the provider.
        session = botocore.session.Session()
        session.register_component("data_loader", LOADER)
        session.set_config_variable("config_file", "/dev/null")
        session.set_config_variable("credentials_file", "/dev/null")
        return session.create_client(
            service,
            region_name=region,
            endpoint_url=url,
            aws_access_key_id=self._configuration.access_key,
            aws_secret_access_key=self._configuration.secret_key,
            aws_session_token=self._configuration.token,
            config=Config(
                connect_timeout=_CONNECT_SECONDS,
                read_timeout=_READ_SECONDS,
                retries={"total_max_attempts": 1, "mode": "standard"},
                s3={"addressing_style": "path"},
                proxies={},
                max_pool_connections=64,
            ),
        )


def _refusal(operation: str, error: botocore.exceptions.ClientError) -> AwsError:
    told = error.response.get("Error", {})
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    message = told.get("Message") or f"the service answered {status}"
    return AwsError(operation, told.get("Code", str(status)), message, status)


def _reason(error: Exception) -> str:
    """Says what is wrong with a connection without the names of Python's objects."""
    text = str(error)
    if isinstance(error, botocore.exceptions.EndpointConnectionError):
        return "no connection"
    if isinstance(error, (botocore.exceptions.ConnectTimeoutError, botocore.exceptions.ReadTimeoutError)):
        return "no answer in time"
    if isinstance(error, botocore.exceptions.ConnectionClosedError):
        return "the connection was closed before the answer"
    return text.rpartition(">: ")[2] or text
