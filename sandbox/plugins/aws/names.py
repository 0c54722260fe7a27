"""Names for objects whose program gives none."""

import itertools
import random
import secrets
from datetime import UTC, datetime

from sandbox.plugins.aws.table import Naming
from sandbox.plugins.protocol.naming import Autonaming, NamingError, NamingRequest

_ALPHABET = "0123456789abcdef"
_RANDOM_LENGTH = 7
_counter = itertools.count(1)


def new_name(naming: Naming, request: NamingRequest) -> str:
    """Make up a name, as the official plugin does: the resource's name and seven random characters.

    Raises:
        NamingError: Automatic names are disabled, or the name would be too long.
    """
    if request.autonaming is Autonaming.DISABLED:
        raise NamingError("missing, and automatic naming is disabled for this stack; give a name")
    if request.autonaming in {Autonaming.PROPOSED, Autonaming.ENFORCED} and request.proposed:
        return request.proposed
    generator = random.Random(request.seed) if request.seed else secrets.SystemRandom()  # noqa: S311 - no secret
    suffix = "".join(generator.choice(_ALPHABET) for _ in range(_RANDOM_LENGTH))
    logical = request.logical_name.lower() if naming.lower else request.logical_name
    name = f"{logical}-{suffix}"
    if len(name) > naming.longest:
        raise NamingError(f"missing, and {name!r} would have {len(name)} of {naming.longest} characters; give a name")
    return name


def unique_id(prefix: str = "terraform-") -> str:
    """Make up a name at the time of creation, as the official plugin does after a prefix."""
    now = datetime.now(UTC)
    return f"{prefix}{now:%Y%m%d%H%M%S}{now.microsecond // 100:04d}{next(_counter):08x}"
