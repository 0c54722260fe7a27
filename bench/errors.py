"""Why something was not measured."""


class NotMeasurableError(RuntimeError):
    """This machine, as it is now, cannot give the figure. The text says what it takes."""
