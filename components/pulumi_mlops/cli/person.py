"""Who calls a command."""

import getpass


def person() -> str:
    """Return the name of the user, as the system knows it; a container may run as one that it does not know."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "somebody"
