"""Retraining: an alert starts a run of the training pipeline, where the guards allow it. Nothing is deployed by it."""
