"""Where the services are: on this machine, or nowhere. This plugin never talks to AWS."""

import ipaddress
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

SERVICES: dict[str, tuple[str, ...]] = {
    "cloudwatch": ("cloudwatch",),
    "iam": ("iam",),
    "s3": ("s3", "s3api"),
    "sagemaker": ("sagemaker",),
    "scheduler": ("scheduler",),
    "sts": ("sts",),
}
"""botocore's names of the services that are used, and what the provider's setting `endpoints` calls them."""

_ANY = "AWS_ENDPOINT_URL"
_LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
FIX = (
    "this plugin only talks to a stand-in for AWS on this machine: give endpoints such as http://127.0.0.1:5000, "
    "or use the official pulumi-aws plugin"
)


def is_loopback(url: str) -> bool:
    """Tells whether a URL leads to this very machine."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"}:
        return False
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in _LOOPBACK)


def from_settings(value: Any) -> dict[str, str]:
    """Read the setting `endpoints`: a list of maps from services to URLs.

    Returns:
        The URLs by what the setting calls the services.

    Raises:
        ValueError: It has another form, or a URL leads elsewhere.
    """
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ValueError(f"endpoints: got {type(value).__name__}, expected a list of maps from services to URLs")
    found = {name: url for each in value for name, url in each.items() if not name.startswith("__") and url}
    for name, url in found.items():
        if not isinstance(url, str) or not is_loopback(url):
            raise ValueError(f"endpoints[0].{name}: got {url!r}, expected a URL of this machine; {FIX}")
    return found


def from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Read the variables that name endpoints.

    Returns:
        The URLs by botocore's names of the services.

    Raises:
        ValueError: A URL leads elsewhere.
    """
    found = {}
    for service in SERVICES:
        variable = f"{_ANY}_{service.upper().replace('-', '_')}"
        name = variable if environment.get(variable) else _ANY
        url = environment.get(name)
        if url and not is_loopback(url):
            raise ValueError(f"{name}: got {url!r}, expected a URL of this machine; {FIX}")
        if url:
            found[service] = url
    return found


def resolved(settings: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """Return the URLs by botocore's names of the services; a setting goes before the environment."""
    found = dict(environment)
    for service, names in SERVICES.items():
        for name in names:
            if name in settings:
                found[service] = settings[name]
    return found
