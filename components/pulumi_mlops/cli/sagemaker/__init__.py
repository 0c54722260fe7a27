"""What the commands do for stacks whose target is SageMaker."""
