"""An endpoint on SageMaker."""
