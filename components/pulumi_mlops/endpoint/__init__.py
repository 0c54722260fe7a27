"""Where a registered version of a model answers requests."""
