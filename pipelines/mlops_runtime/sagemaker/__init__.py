"""What a container does on SageMaker: the same steps and the same server as on Kubernetes, by SageMaker's contracts."""
