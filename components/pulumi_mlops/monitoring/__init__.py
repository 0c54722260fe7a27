"""Monitoring: what of a model in production is measured, held against thresholds, and told to people."""
