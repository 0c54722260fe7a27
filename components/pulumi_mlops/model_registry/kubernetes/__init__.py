"""MLflow on Kubernetes."""
