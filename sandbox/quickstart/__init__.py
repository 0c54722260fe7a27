"""`make up` after the sandbox is up: a personal stack, a trained model, an endpoint that answers."""

from sandbox.quickstart.flow import quickstart

__all__ = ["quickstart"]
