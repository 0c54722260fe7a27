"""Where runs, models and captured requests are kept on SageMaker."""
