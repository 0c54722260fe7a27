"""Starts the plugin, as the engine does."""

import os
import sys

from sandbox.plugins.kubernetes.lean_import import prepare


def main() -> None:
    """Serve until the engine ends."""
    # Programs that kubeconfigs name for credentials are started from threads; gRPC must not follow into them.
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")
    prepare()
    from sandbox.plugins.kubernetes.server import Servicer  # noqa: PLC0415 - after the lean packages are in place
    from sandbox.plugins.protocol.serve import serve  # noqa: PLC0415

    serve(sys.argv[1:], Servicer)
    # Threads that wait for a cluster which does not answer must not keep the process.
    os._exit(0)


if __name__ == "__main__":
    main()
