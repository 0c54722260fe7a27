"""vLLM beside an endpoint's server on Kubernetes."""
