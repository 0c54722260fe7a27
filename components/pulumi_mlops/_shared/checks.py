"""What single argument values must satisfy."""

import math
import re
from collections.abc import Callable
from typing import Any

from pulumi_mlops._shared import urls
from pulumi_mlops._shared.arguments import Check, Requirement

DNS_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
IMAGE_PIN = re.compile(r"[^\s@]+@sha256:[0-9a-f]{64}|localhost/[a-z0-9._/-]+:[0-9a-f]{16}")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
VERSION = re.compile(r"[1-9][0-9]*")
MEMORY = re.compile(r"[1-9][0-9]*(Ki|Mi|Gi|Ti|k|M|G|T)?")
CPU = re.compile(r"[1-9][0-9]*m|(?:[0-9]*[1-9][0-9]*)(?:\.[0-9]{1,3})?|0\.(?=[0-9]*[1-9])[0-9]{1,3}")
S3_URI = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^\s]*)?")


def _matching(pattern: re.Pattern[str], expected: str, fix: str) -> Check:
    return lambda value: None if pattern.fullmatch(value) else Requirement(expected, fix)


def name(*, longest: int) -> Check:
    """Accept names that Kubernetes takes for an object and for its Service."""

    def check(value: str) -> Requirement | None:
        if DNS_LABEL.fullmatch(value) and len(value) <= longest:
            return None
        return Requirement(
            f"lower-case letters, digits and dashes, a letter first, at most {longest} characters", "choose such a name"
        )

    return check


def between(least: float, most: float = math.inf) -> Callable[[Any], Requirement | None]:
    """Accept numbers in a range, both ends included."""

    def check(value: float) -> Requirement | None:
        if least <= value <= most:
            return None
        expected = f"at least {least:g}" if most == math.inf else f"{least:g} to {most:g}"
        return Requirement(expected, "choose a number in this range")

    return check


def http_url(value: str) -> Requirement | None:
    """Accept the addresses that the configuration accepts."""
    problem = urls.problem_of(value)
    return None if problem is None else Requirement(urls.EXPECTED, problem.fix, problem.got)


namespace = _matching(
    re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"),
    "the name of a namespace",
    "use lower-case letters, digits and dashes",
)
image = _matching(
    IMAGE_PIN,
    "an image pinned by digest, `<repository>@sha256:<64 hexadecimal digits>`, "
    "or by content, `localhost/<repository>:<16 hexadecimal digits>`",
    "name the image by its digest: a tag can be moved",
)
digest = _matching(DIGEST, "`sha256:` and 64 hexadecimal digits", "copy the digest of the registered model version")
version = _matching(VERSION, "the number of a registered model version, as text", "copy the version's number")
memory = _matching(MEMORY, "a Kubernetes quantity of memory such as 512Mi", "write such a quantity")
cpu = _matching(CPU, "a Kubernetes quantity of CPU such as 500m or 2", "write such a quantity")
s3_uri = _matching(S3_URI, "an S3 location such as s3://bucket/prefix", "write the whole location")
