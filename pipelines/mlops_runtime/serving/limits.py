"""What a server's limits are where nobody says otherwise."""

DEFAULT_TIMEOUT_SECONDS = 60
"""How long a request may take, from its head to its answer."""
