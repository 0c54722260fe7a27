"""What goes wrong in a pipeline and is the reader's to mend: the message says it all, no traceback needed."""


class PipelineError(Exception):
    """A run cannot go on; the message names the place, what was found, what was expected and the fix."""


class StepError(PipelineError):
    """A step's own reason to fail, such as data that does not hold what it should. Raise it in step functions."""


class SettingsError(PipelineError):
    """What a run was given does not fit its step graph: parameters, gate, champion; every problem in one message."""


class TrackingError(PipelineError):
    """The tracking server or model registry cannot be reached, refuses, or does not give back what it was given."""
