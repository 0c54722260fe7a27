"""A training pipeline on Kubernetes: a CronJob."""
