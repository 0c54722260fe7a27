"""What the commands are told when a cluster does not do as they ask."""


class ClusterError(RuntimeError):
    """The cluster, or something in it, cannot be reached or refuses."""


class UnauthorizedError(ClusterError):
    """What was called asks for a credential, or for another one."""


class UnreachableError(ClusterError):
    """The cluster does not answer; it may do so later."""
