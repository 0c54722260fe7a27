"""Starts the plugin, as the engine does."""

import os
import sys

from sandbox.plugins.protocol.lean_import import SDK, make_bare


def main() -> None:
    """Serve until the engine ends."""
    make_bare(SDK)
    from sandbox.plugins.aws.server import Servicer  # noqa: PLC0415 - after the lean packages are in place
    from sandbox.plugins.protocol.serve import serve  # noqa: PLC0415

    serve(sys.argv[1:], Servicer)
    # Threads that wait for a service which does not answer must not keep the process.
    os._exit(0)


if __name__ == "__main__":
    main()
