"""Which programs the sandbox takes from the distribution, and which packages hold them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Group:
    """Programs that are fetched together because they are needed together.

    Attributes:
        name: Short name, part of the folder's name in the cache.
        purpose: What they are for, as told to the person before anything is fetched.
        packages: Debian and Ubuntu packages, without their dependencies.
        programs: The programs of these packages that the sandbox runs.
    """

    name: str
    purpose: str
    packages: tuple[str, ...]
    programs: tuple[str, ...]


CNI_PROGRAMS = ("ptp", "host-local", "loopback")
"""Network plugins; they lie in a folder of their own, not on PATH."""

NODE = Group(
    name="node",
    purpose="run containers and their network",
    packages=("containerd", "runc", "containernetworking-plugins", "nftables"),
    programs=("containerd", "containerd-shim-runc-v2", "ctr", "runc", "nft"),
)
IMAGES = Group(
    name="images",
    purpose="build images without Docker",
    packages=("buildah", "mmdebstrap", "debian-archive-keyring", "patchelf"),
    programs=("buildah", "mmdebstrap"),
)
MEASUREMENTS = Group(
    name="measurements",
    purpose="put a server under load",
    packages=("wrk",),
    programs=("wrk",),
)
ONLINE_STORE = Group(
    name="online-store",
    purpose="run a feature store's Redis in tests",
    packages=("redis-server", "redis-tools"),
    programs=("redis-server", "redis-cli"),
)
ALERTING = Group(
    name="alerting",
    purpose="test alerting rules and the configuration of Prometheus",
    packages=("prometheus", "prometheus-alertmanager"),
    programs=("prometheus", "promtool", "amtool"),
)
GROUPS = (NODE, IMAGES, MEASUREMENTS, ONLINE_STORE, ALERTING)


def group_of(program: str) -> Group:
    """Return the group that a program belongs to.

    Raises:
        KeyError: When no group holds it.
    """
    for group in GROUPS:
        if program in group.programs or (group is NODE and program in CNI_PROGRAMS):
            return group
    raise KeyError(program)
