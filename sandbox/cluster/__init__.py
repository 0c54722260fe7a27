"""A Kubernetes to work against: the user's own, or one node on this machine."""
