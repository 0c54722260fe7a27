"""A model server of the user's own in an endpoint's pods on Kubernetes."""
