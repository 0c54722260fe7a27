"""Shell scripts in running containers."""

from typing import Any

from kubernetes import stream


def run_in_pod(core: Any, namespace: str, pod: str, script: str, container: str | None = None) -> str:
    """Runs a shell script in a container, by default the pod's only one, and returns what it wrote."""
    chosen = {} if container is None else {"container": container}
    # A connection of its own: one that the client opens and reads by itself is never closed.
    running = stream.stream(
        core.connect_get_namespaced_pod_exec,
        pod,
        namespace,
        command=["sh", "-c", script],
        stdout=True,
        stderr=True,
        _preload_content=False,
        **chosen,
    )
    try:
        running.run_forever(timeout=60)
        return str(running.read_all())
    finally:
        running.close()
        running.sock.shutdown()  # `close` leaves alone what the other side ended first.
