"""The typed resources of SageMaker's SDK, with their errors told as ours. Importing them takes seconds."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any

from pulumi_mlops._shared.aws.client import AwsError, MissingError


@cache
def module() -> ModuleType:
    """Return `sagemaker.core.resources`."""
    # It reads the region when it is imported, though each call is given its own.
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    from sagemaker.core import resources  # noqa: PLC0415 - seconds, which only these commands pay

    for name in ("sagemaker", "sagemaker.core"):
        logging.getLogger(name).setLevel(logging.ERROR)
    typed: ModuleType = resources
    return typed


@cache
def session(region: str) -> Any:
    """Return a session in a region, with the credentials and the address that the environment gives."""
    import boto3  # noqa: PLC0415 - a second

    return boto3.session.Session(region_name=region)


@contextmanager
def told(place: str) -> Iterator[None]:
    """Tell what AWS refuses as an `AwsError` that names the place."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - a second

    try:
        yield
    except ClientError as error:
        code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "no reason given")
        kind = MissingError if "does not exist" in message or code.startswith("ResourceNotFound") else AwsError
        raise kind(f"{place}: got {code}: {message}") from error
    except BotoCoreError as error:
        raise AwsError(f"{place}: got no answer ({error}), expected one, fix: check network and credentials") from error


def document(resource: Any) -> dict[str, Any]:
    """Return a typed resource as the API's own document, without what is not set."""
    found = _plain(resource)
    return found if isinstance(found, dict) else {}


def _plain(value: Any) -> Any:
    fields = getattr(type(value), "model_fields", None)
    if fields is None:
        if isinstance(value, list):
            return [_plain(item) for item in value]
        return value
    if type(value).__name__ == "Unassigned":
        return None
    members = {_pascal(name): _plain(getattr(value, name)) for name in fields}
    return {name: member for name, member in members.items() if not _is_unset(member)}


def _is_unset(value: Any) -> bool:
    return value is None or type(value).__name__ == "Unassigned"


def _pascal(name: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))
