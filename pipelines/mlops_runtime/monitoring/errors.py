"""What the commands of this folder refuse."""


class MonitoringError(ValueError):
    """A file, a setting or an argument is not what it should be; the message names every problem."""
