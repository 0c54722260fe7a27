"""Bringing the parts of the sandbox up, each only as far as it is not up already."""

import contextlib
from collections.abc import Collection
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path

from sandbox import doctor, go_caches, images, paths, progress, taken
from sandbox.cluster import Cluster, build, lifecycle, users_context
from sandbox.doctor import Part, compiling
from sandbox.engine import Engine, install_engine
from sandbox.engine.plugins import install_plugins
from sandbox.files import write_atomically
from sandbox.images import building
from sandbox.packages import private

EVERY_PART = tuple(Part)


def bring_up(context: str | None = None, parts: Collection[Part] = EVERY_PART) -> Cluster | None:
    """Brings parts of the sandbox up.

    Args:
        context: The context of the user's own cluster; None for a node of the sandbox.
        parts: Which parts; all by default.

    Returns:
        The cluster; None when it is not among the parts.

    Raises:
        SandboxError: When this machine lacks something, which is told before anything is built, or a part fails.
    """
    doctor.require(context, tuple(parts))
    node = context is None and Part.CLUSTER in parts
    with ThreadPoolExecutor(max_workers=2) as beside:
        # Images are mostly fetched and unpacked: that goes well beside the compiling.
        built = beside.submit(images.build) if Part.IMAGES in parts else None
        engine = _compiled(with_engine=bool({Part.ENGINE, Part.PLUGINS} & set(parts)), with_node=node, beside=beside)
        cluster = _cluster(context) if {Part.CLUSTER, Part.IMAGES} & set(parts) else None
        _await_images(built)
    if cluster is not None and Part.IMAGES in parts:
        images.ensure(cluster)
    plugins = install_plugins(engine) if engine is not None and Part.PLUGINS in parts else []
    if engine is not None:
        progress.say(taken.engine_line(engine))
    if plugins:
        progress.say(taken.plugins_line(plugins))
    if cluster is not None:
        progress.say(taken.cluster_line(context, private.find("containerd")))
    if Part.IMAGES in parts:
        progress.say(taken.images_line(building.choice()))
    return cluster


def current_cluster(context: str | None) -> Cluster:
    """Return the cluster that work goes to, without bringing anything up."""
    return lifecycle.of_context(context) if context is not None else lifecycle.of_sandbox()


def users_contexts_file() -> Path:
    """File that lists the contexts of the user's own clusters that were taken: their stacks outlive the sandbox."""
    return paths.state_root() / "users-contexts"


def _compiled(*, with_engine: bool, with_node: bool, beside: Executor) -> Engine | None:
    """Compiles what is lacking, with the compiler's caches shared; returns the engine when it is wanted."""
    engine_lacks, node_lacks = with_engine and compiling.engine_is_lacking(), with_node and compiling.node_is_lacking()
    shared = go_caches.compiling("compiling Pulumi and Kubernetes") if engine_lacks and node_lacks else None
    with shared or contextlib.nullcontext() as environment:
        if environment is not None:
            # What cannot be fetched now is asked for again by the build, which says why.
            beside.submit(build.fetch_modules, environment)
        engine = install_engine() if with_engine else None
        if with_node:
            build.ensure()
    return engine


def _cluster(context: str | None) -> Cluster:
    if context is None:
        return lifecycle.up()
    with progress.step(f"find the cluster of context {context}"):
        cluster = users_context.take(context)
    file = users_contexts_file()
    known = set(file.read_text().split("\n")) - {""} if file.exists() else set()
    write_atomically(file, "\n".join(sorted(known | {context})) + "\n")
    return cluster


def _await_images(built: Future[dict[str, images.ImageBuild]] | None) -> None:
    if built is None or (built.done() and built.exception() is None):
        return
    if built.done():
        built.result()
    with progress.step("wait for the images"):
        built.result()
