"""What the quick start's libraries raise, in the sandbox's own words."""

from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.errors import SandboxError

_AGAIN = "then run `make up` again to go on"
_LOOK = f"see what is wrong with `python -m sandbox status` and `mlops status --stack local`, {_AGAIN}"


@contextmanager
def told_failures(context: str) -> Iterator[None]:
    """Turn what a cluster, a registry or a stack's file is to blame for into a SandboxError.

    Args:
        context: The context of the cluster that is worked on.
    """
    try:
        yield
    except Exception as error:
        told = _told(error, context)
        if told is None:
            raise
        raise told from error


def _told(error: Exception, context: str) -> SandboxError | None:
    # All of these are slow to import, and only wanted once something has gone wrong.
    from kubernetes.client.exceptions import ApiException  # noqa: PLC0415
    from kubernetes.config import ConfigException  # noqa: PLC0415
    from urllib3.exceptions import HTTPError  # noqa: PLC0415

    from pulumi_mlops.cli.kubernetes.errors import ClusterError  # noqa: PLC0415
    from pulumi_mlops.stack.problems import ConfigError  # noqa: PLC0415
    from pulumi_mlops.stack.project import ProjectError  # noqa: PLC0415

    if isinstance(error, ClusterError):
        return SandboxError(str(error), _LOOK)
    if isinstance(error, ApiException):
        return SandboxError(f"cluster {context}: answered {error.status} {error.reason}", _LOOK)
    if isinstance(error, HTTPError):
        return SandboxError(f"cluster {context}: cannot be reached ({_first_line(error)})", _LOOK)
    if isinstance(error, ConfigException):
        return SandboxError(f"cluster {context}: {_first_line(error)}", f"name a context that is there, {_AGAIN}")
    if isinstance(error, ConfigError | ProjectError):
        return SandboxError(str(error), f"correct it, {_AGAIN}")
    return None


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
