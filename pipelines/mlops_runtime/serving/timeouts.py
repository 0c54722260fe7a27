"""How long a request may take where nobody says otherwise."""

DEFAULT_TIMEOUT_SECONDS = 60
