"""The Pulumi engine: the user's own where there is one, else built from its Go module."""

from sandbox.engine.engine import Engine, current_engine, install_engine

__all__ = ["Engine", "current_engine", "install_engine"]
