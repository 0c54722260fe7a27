"""What a machine needs when it has no cluster, no account and no Pulumi download."""
