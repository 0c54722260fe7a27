"""The resource graph of a stack, offline: Pulumi's own runtime with a monitor that records instead of deploying."""
