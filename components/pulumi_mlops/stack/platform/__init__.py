"""What a stack's workloads share."""
