"""Ports for servers that are started as processes of their own."""

import random
import socket

# Below what Linux gives to whoever asks for any port (ip_local_port_range), and below NodePorts:
# nobody else is given one of these between the look and the server's start.
RANGE = range(15_000, 29_000)


def free_port() -> int:
    """Return a port of the loopback address on which nothing listens."""
    while True:
        port = random.choice(RANGE)  # noqa: S311 - no secret
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
