"""The provider's configuration: what a stack's `aws:…` settings or a `Provider` resource say."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.plugins.aws import endpoints
from sandbox.plugins.protocol.resources import Failure
from sandbox.plugins.protocol.values import UNKNOWN, Object, plain

_OF_THE_ENGINE = frozenset({"version", "pluginDownloadURL", "__internal", "__defaults"})
_WITHOUT_EFFECT = frozenset(
    {
        *("customCaBundle", "ec2MetadataServiceEndpoint", "ec2MetadataServiceEndpointMode", "httpProxy", "httpsProxy"),
        *("insecure", "noProxy", "retryMode", "s3UsEast1RegionalEndpoint", "s3UsePathStyle"),
        *("skipCredentialsValidation", "skipMetadataApiCheck", "skipRegionValidation", "skipRequestingAccountId"),
        *("stsRegion", "tagPolicyCompliance", "tokenBucketRateLimiterCapacity", "useDualstackEndpoint"),
        *("useFipsEndpoint", "userAgents"),
    }
)
_OTHER_CREDENTIALS = "the stand-in for AWS takes any key: remove it, or use the official pulumi-aws plugin"
_UNSUPPORTED = dict.fromkeys(
    ("assumeRoles", "assumeRoleWithWebIdentity", "profile", "sharedConfigFiles", "sharedCredentialsFiles"),
    _OTHER_CREDENTIALS,
)
_ACCOUNTS = ("allowedAccountIds", "forbiddenAccountIds")
_TEXTS = ("accessKey", "secretKey", "token", "region")
_ENVIRONMENT = {
    "accessKey": ("AWS_ACCESS_KEY_ID",),
    "secretKey": ("AWS_SECRET_ACCESS_KEY",),
    "token": ("AWS_SESSION_TOKEN",),
    "region": ("AWS_REGION", "AWS_DEFAULT_REGION"),
}
_ANY_KEY = "sandbox"
_MOST_RETRIES = 25


@dataclass(frozen=True)
class Tags:
    """What the provider says about every resource's tags.

    Attributes:
        default: Put on everything that can have tags.
        ignored: Keys that are neither read nor written.
        ignored_prefixes: Beginnings of such keys.
    """

    default: Mapping[str, str] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()
    ignored_prefixes: tuple[str, ...] = ()

    def is_ignored(self, key: str) -> bool:
        """Tells whether a tag is neither read nor written. Amazon's own cannot be."""
        return key in self.ignored or key.startswith(("aws:", *self.ignored_prefixes))


@dataclass(frozen=True)
class Configuration:
    """How the provider finds the services.

    Attributes:
        region: The region of resources that name none; empty while it is not known yet.
        endpoints: URLs by botocore's names of the services.
        access_key: What requests are signed with.
        secret_key: The key to that.
        token: The session's token; None when there is none.
        tags: What it says about tags.
        allowed_accounts: The only accounts that may be changed; empty when any may.
        forbidden_accounts: Accounts that may not be changed.
        most_retries: How often a throttled request is repeated.
    """

    region: str = ""
    endpoints: Mapping[str, str] = field(default_factory=dict)
    access_key: str = field(default=_ANY_KEY, repr=False)
    secret_key: str = field(default=_ANY_KEY, repr=False)
    token: str | None = field(default=None, repr=False)
    tags: Tags = field(default_factory=Tags)
    allowed_accounts: frozenset[str] = frozenset()
    forbidden_accounts: frozenset[str] = frozenset()
    most_retries: int = _MOST_RETRIES


def read(settings: Object, environment: Mapping[str, str] | None = None) -> tuple[Configuration, list[Failure]]:
    """Read the settings, collecting every problem.

    Args:
        settings: Properties of the provider; what is no text may be written as JSON. Secrets may be marked.
        environment: Where settings that are absent are looked up. Default: the process's own.

    Returns:
        The configuration, and what cannot be taken, by name; a setting not known yet counts as absent.
    """
    environment = os.environ if environment is None else environment
    given = {name: value for name, value in plain(settings).items() if value != ""}
    values: dict[str, Any] = {}
    failures = []
    for name, value in sorted(given.items()):
        try:
            _check_name(name)
            if value is not UNKNOWN and name not in _WITHOUT_EFFECT | _OF_THE_ENGINE:
                values[name] = _value(name, value)
        except ValueError as error:
            failures.append(Failure(name, str(error)))
    for name, variables in _ENVIRONMENT.items():
        found = next((environment[each] for each in variables if environment.get(each)), None)
        if found and name not in given:
            values[name] = found
    if "region" not in values and given.get("region") is not UNKNOWN:
        failures.append(Failure("region", "region: missing; set aws:region, the provider's region, or AWS_REGION"))
    found_endpoints = _endpoints(given, values, environment, failures)
    return _configuration(values, found_endpoints), failures


def _check_name(name: str) -> None:
    if name in _UNSUPPORTED:
        raise ValueError(f"{name}: not supported here; {_UNSUPPORTED[name]}")
    known = {*_TEXTS, *_ACCOUNTS, "defaultTags", "ignoreTags", "endpoints", "maxRetries"}
    if name not in known | _WITHOUT_EFFECT | _OF_THE_ENGINE:
        raise ValueError(f"{name}: unknown setting; expected one of {', '.join(sorted(known | _WITHOUT_EFFECT))}")


def _value(name: str, value: Any) -> Any:
    if name in _TEXTS:
        if not isinstance(value, str):
            raise ValueError(f"{name}: got {type(value).__name__}, expected a string")
        return value
    parsed = _parsed(name, value) if isinstance(value, str) else value
    if name == "endpoints":
        return endpoints.from_settings(parsed)
    if name in _ACCOUNTS:
        return _texts(name, parsed)
    if name == "defaultTags":
        return _default_tags(parsed)
    if name == "ignoreTags":
        return _ignored_tags(parsed)
    if not isinstance(parsed, int) or isinstance(parsed, bool) or parsed < 0:
        raise ValueError(f"{name}: got {parsed!r}, expected a number from 0 on")
    return parsed


def _parsed(name: str, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f"{name}: got {text!r}, expected JSON") from error


def _texts(name: str, value: Any) -> frozenset[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError(f"{name}: got {value!r}, expected a list of strings")
    return frozenset(value)


def _default_tags(value: Any) -> dict[str, str]:
    tags = value.get("tags", {}) if isinstance(value, dict) else value
    if not isinstance(tags, dict) or not all(isinstance(each, str) or each is UNKNOWN for each in tags.values()):
        raise ValueError(f"defaultTags: got {value!r}, expected an object with tags, a map of strings")
    return {key: tag for key, tag in tags.items() if not key.startswith("__")}


def _ignored_tags(value: Any) -> tuple[frozenset[str], frozenset[str]]:
    if not isinstance(value, dict):
        raise ValueError(f"ignoreTags: got {value!r}, expected an object with keys and keyPrefixes")  # noqa: TRY004
    return (
        _texts("ignoreTags.keys", value.get("keys", [])),
        _texts("ignoreTags.keyPrefixes", value.get("keyPrefixes", [])),
    )


def _endpoints(
    given: Object, values: Object, environment: Mapping[str, str], failures: list[Failure]
) -> Mapping[str, str]:
    try:
        found = endpoints.resolved(values.get("endpoints", {}), endpoints.from_environment(environment))
    except ValueError as error:
        failures.append(Failure("endpoints", str(error)))
        return {}
    is_judged = "endpoints" in given and ("endpoints" not in values)
    if not found and not is_judged:
        failures.append(Failure("endpoints", f"endpoints: missing, as is AWS_ENDPOINT_URL; {endpoints.FIX}"))
    return found


def _configuration(values: Object, found_endpoints: Mapping[str, str]) -> Configuration:
    ignored, prefixes = values.get("ignoreTags", (frozenset(), frozenset()))
    return Configuration(
        region=values.get("region", ""),
        endpoints=found_endpoints,
        access_key=values.get("accessKey", _ANY_KEY),
        secret_key=values.get("secretKey", _ANY_KEY),
        token=values.get("token"),
        tags=Tags(values.get("defaultTags", {}), ignored, tuple(sorted(prefixes))),
        allowed_accounts=values.get("allowedAccountIds", frozenset()),
        forbidden_accounts=values.get("forbiddenAccountIds", frozenset()),
        most_retries=values.get("maxRetries", _MOST_RETRIES),
    )
