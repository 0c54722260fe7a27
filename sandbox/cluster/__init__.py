"""A Kubernetes to work against: the user's own, or one node on this machine."""

from sandbox.cluster.target import SANDBOX_CONTEXT, Cluster

__all__ = ["SANDBOX_CONTEXT", "Cluster"]
