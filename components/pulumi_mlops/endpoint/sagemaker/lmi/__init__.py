"""AWS's Large Model Inference container (LMI, of DJL Serving) as an endpoint's server on SageMaker."""
