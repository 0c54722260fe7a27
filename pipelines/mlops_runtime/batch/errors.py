"""Why a batch ends, or goes on without a file."""


class BatchRefusedError(Exception):
    """The batch cannot be done as it is asked for: nothing was scored. The message has a line for each problem."""


class UnreadableFileError(Exception):
    """One file of the input cannot be read as what it should be. It is set aside whole."""
