"""A batch on Kubernetes: a CronJob."""
