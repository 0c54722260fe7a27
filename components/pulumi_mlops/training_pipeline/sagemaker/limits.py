"""Ranges and defaults of a pipeline's settings on SageMaker."""

from pulumi_mlops._shared.rules import Range, Setting

DEFAULT_PROCESSING_INSTANCE_TYPE = "ml.m5.large"
DEFAULT_TRAINING_INSTANCE_TYPE = "ml.m5.xlarge"
SPOT_WAIT_SECONDS = Range(60, 30 * 24 * 3600)
"""API_StoppingCondition: "The maximum time that a TrainingJob can run in total [...] is 30 days"."""
CACHE_DAYS = Setting(0, 365, default=0)
RETRY_ATTEMPTS = Setting(0, 20, default=3)
