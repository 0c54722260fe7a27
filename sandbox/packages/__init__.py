"""Programs that the sandbox takes from the distribution: `tool` finds or fetches, `environment` makes them run."""

from sandbox.packages.private import environment, tool

__all__ = ["environment", "tool"]
