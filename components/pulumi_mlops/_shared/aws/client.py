"""Asks AWS: waits where AWS says to slow down, gives up within seconds on everything else, and says what went wrong."""

import functools
import threading
import time
from collections.abc import Iterator
from typing import Any

# boto3 takes half a second to import. What only declares resources never comes to it.

# Error codes, by the service, of a request that came too soon after others.
# https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
THROTTLING = frozenset(
    (
        *("Throttling", "ThrottlingException", "ThrottledException", "RequestThrottled", "RequestThrottledException"),
        *("RequestLimitExceeded", "TooManyRequestsException", "SlowDown", "PriorRequestNotComplete"),
    )
)
ATTEMPTS = 3
"""How often one request is sent before an error of the service or of the network counts."""
PATIENCE_SECONDS = 120.0
"""How long a request that is throttled is repeated."""
LONGEST_PAUSE_SECONDS = 16.0
CONNECT_SECONDS = 5
ANSWER_SECONDS = 30
# What a service says of a name that it does not know, beside ResourceNotFound and ResourceNotFoundException.
_MISSING = frozenset(("ObjectNotFoundException", "RepositoryNotFoundException", "ImageNotFoundException"))
_DENIED = frozenset(("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"))
_MAKING = threading.Lock()


class AwsError(RuntimeError):
    """AWS did not do what it was asked. Its text says what was asked, where, and what came back."""


class MissingError(AwsError):
    """AWS knows nothing of that name."""


class DeniedError(AwsError):
    """The credentials do not allow the request."""


def client(service: str, region: str, *, answer_seconds: int = ANSWER_SECONDS) -> Any:
    """Make a client of one service in one region, with the credentials and the address that the environment gives.

    Args:
        service: Its name in boto3.
        region: The region.
        answer_seconds: How long an answer is waited for before the request is sent again.
    """
    from botocore.config import Config  # noqa: PLC0415 - see above

    # What fails for a moment is sent again: at most ATTEMPTS times in all, within a few seconds.
    config = Config(
        retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
        connect_timeout=CONNECT_SECONDS,
        read_timeout=answer_seconds,
    )
    # A session reads a service's description once, and makes one client at a time. Clients may be used by many threads.
    with _MAKING:
        return _session().client(service, region_name=region, config=config)


def ask(service_client: Any, operation: str, /, **arguments: Any) -> dict[str, Any]:
    """Call one operation.

    Args:
        service_client: What `client` returned.
        operation: Its name in boto3, such as `describe_endpoint`.
        **arguments: Its arguments in the API's own names.

    Raises:
        MissingError: When what is asked for does not exist.
        DeniedError: When the credentials do not allow it.
        AwsError: When AWS refuses, fails, cannot be reached, or throttles for PATIENCE_SECONDS.
    """
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - see above

    end = time.monotonic() + PATIENCE_SECONDS
    pause = 1.0
    while True:
        try:
            answer: dict[str, Any] = getattr(service_client, operation)(**arguments)
        except ClientError as error:
            if error.response["Error"]["Code"] not in THROTTLING or time.monotonic() + pause > end:
                raise _refused(service_client, operation, error.response) from None
        except BotoCoreError as error:
            place = _place(service_client, operation)
            fix = "check the network, the region, the credentials and AWS_ENDPOINT_URL"
            raise AwsError(f"{place}: got no answer ({error}), expected one, fix: {fix}") from None
        else:
            return answer
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


def pages(service_client: Any, operation: str, key: str, /, **arguments: Any) -> Iterator[dict[str, Any]]:
    """Yield every entry of a list that AWS hands out in pages.

    Args:
        service_client: What `client` returned.
        operation: Its name in boto3, such as `list_models`.
        key: Where the entries stand in an answer, such as `Models`.
        **arguments: Its arguments in the API's own names.
    """
    while True:
        answer = ask(service_client, operation, **arguments)
        yield from answer.get(key, [])
        if not answer.get("NextToken"):
            return
        arguments["NextToken"] = answer["NextToken"]


@functools.cache
def _session() -> Any:
    import boto3  # noqa: PLC0415 - see above

    return boto3.session.Session()


def _refused(service_client: Any, operation: str, response: dict[str, Any]) -> AwsError:
    code, message = response["Error"]["Code"], response["Error"].get("Message", "")
    text = f"{_place(service_client, operation)}: got {code}: {message or 'no reason given'}"
    # SageMaker says ValidationException of what it does not know, and puts the rest into words.
    unknown = ("could not find", "does not exist", "not found")
    if code in _DENIED:
        return DeniedError(text)
    if (
        code in _MISSING
        or code == "NoSuchKey"
        or code.startswith("ResourceNotFound")
        or (code.startswith("Validation") and any(words in message.lower() for words in unknown))
    ):
        return MissingError(text)
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    if code in THROTTLING:
        return AwsError(f"{text}, for {PATIENCE_SECONDS:.0f} seconds, expected an answer, fix: try again later")
    if status >= 500:
        return AwsError(f"{text} (HTTP {status}, {ATTEMPTS} times), expected an answer, fix: try again later")
    return AwsError(text)


def _place(service_client: Any, operation: str) -> str:
    name = service_client.meta.method_to_api_mapping[operation]
    return f"{service_client.meta.service_model.service_name} {name} in {service_client.meta.region_name}"
