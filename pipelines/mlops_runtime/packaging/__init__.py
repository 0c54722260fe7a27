"""From a fitted model to an artifact that may be registered."""
