"""What documents for Kubernetes have in common."""
