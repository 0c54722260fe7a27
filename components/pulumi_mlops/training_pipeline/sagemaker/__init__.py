"""A training pipeline on SageMaker."""
