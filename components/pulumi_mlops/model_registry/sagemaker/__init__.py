"""Model package groups, and the bucket that models lie in."""
