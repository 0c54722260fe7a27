"""Asks what only a program that Pulumi runs can answer."""

import asyncio
import contextvars
from collections.abc import Callable
from inspect import isawaitable
from typing import Any

from pulumi.runtime import config as runtime_config
from pulumi.runtime import settings


def within_pulumi(config: dict[str, str], secret: list[str], question: Callable[[], Any]) -> Any:
    """Ask within a program that Pulumi runs with this configuration, and wait for the answer."""

    async def ask() -> Any:
        settings.configure(settings.Settings(project="mlops", stack="dev-local"))
        runtime_config.set_all_config(config, secret)
        answer = question()
        return await answer if isawaitable(answer) else answer

    return contextvars.copy_context().run(asyncio.run, ask())
