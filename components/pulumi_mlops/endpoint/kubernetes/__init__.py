"""An endpoint on Kubernetes."""
