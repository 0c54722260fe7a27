"""Looking for room on the disks, for what is not there yet."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox import images, paths
from sandbox.cluster.layout import Layout
from sandbox.doctor import compiling
from sandbox.doctor.finding import Finding, State
from sandbox.doctor.machine import nearest_existing

ENGINE_GIB = 2.0
NODE_GIB = 3.0
IMAGES_GIB = 3.0
"""What compiling and building take for a while is counted in."""
STATE_GIB = 6.0
LEAST_GIB = 1.0


@dataclass(frozen=True)
class Room:
    """Room for one of the roots.

    Attributes:
        folder: The root.
        needed_gib: What will be written there.
        free_gib: What its disk has left.
        device: Number of its disk.
    """

    folder: Path
    needed_gib: float
    free_gib: float
    device: int


def disk(*, engine: bool = True, node: bool = True, with_images: bool = True) -> Finding:
    """Room for what is built and for what runs; what is there already has its room.

    Args:
        engine: Whether the Pulumi engine is wanted.
        node: Whether a node of the sandbox is wanted.
        with_images: Whether the images are wanted.
    """
    in_cache = [
        ENGINE_GIB if engine and compiling.engine_is_lacking() else 0.0,
        NODE_GIB if node and compiling.node_is_lacking() else 0.0,
        IMAGES_GIB if with_images and len(images.built()) < len(images.IMAGE_NAMES) else 0.0,
    ]
    in_state = STATE_GIB if node and not Layout.of_state_root().etcd.exists() else LEAST_GIB
    return judge([_room(paths.cache_root(), sum(in_cache)), _room(paths.state_root(), in_state)])


def judge(rooms: Sequence[Room]) -> Finding:
    """Judges the room on disks; what several folders need of one disk adds up."""
    short = []
    for device in dict.fromkeys(room.device for room in rooms):
        sharing = [room for room in rooms if room.device == device and room.needed_gib > 0]
        needed, free = sum(room.needed_gib for room in sharing), min((room.free_gib for room in sharing), default=0.0)
        if free < needed:
            folders = " and ".join(str(room.folder) for room in sharing)
            short.append(f"{free:.1f} GiB free of {needed:.0f} for {folders}")
    if short:
        fix = "export MLOPS_SANDBOX_CACHE=<folder> MLOPS_SANDBOX_STATE=<folder>, on a larger disk"
        return Finding("disk space", State.MISSING, "; ".join(short), fix)
    return Finding("disk space", State.FOUND, f"{min(room.free_gib for room in rooms):.0f} GiB free")


def _room(root: Path, needed_gib: float) -> Room:
    folder = nearest_existing(root)
    return Room(root, needed_gib, shutil.disk_usage(folder).free / 2**30, folder.stat().st_dev)
