"""The commands' work on a cluster."""
