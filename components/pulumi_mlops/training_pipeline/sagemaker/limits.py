"""Ranges and defaults of a pipeline's settings on SageMaker."""

from pulumi_mlops._shared.rules import Setting

DEFAULT_PROCESSING_INSTANCE_TYPE = "ml.m5.large"
DEFAULT_TRAINING_INSTANCE_TYPE = "ml.m5.xlarge"
CACHE_DAYS = Setting(0, 365, default=0)
RETRY_ATTEMPTS = Setting(0, 20, default=3)
