"""Monitoring on Kubernetes: a Deployment that measures, and rules that Prometheus holds it against."""
