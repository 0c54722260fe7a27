"""What the components for SageMaker share."""
