import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from starlette.requests import ClientDisconnect

from mlops_runtime.language_model.connected import while_connected


class Caller:
    """A caller who stays until told to go."""

    def __init__(self) -> None:
        self.goes = asyncio.Event()

    async def receive(self) -> Mapping[str, Any]:
        await self.goes.wait()
        return {"type": "http.disconnect"}


def test_work_is_done_for_a_caller_who_stays() -> None:
    async def run() -> int:
        async def work() -> int:
            await asyncio.sleep(0)
            return 3

        return await while_connected(Caller().receive, work())  # type: ignore[arg-type]

    assert asyncio.run(run()) == 3


def test_what_goes_wrong_is_the_callers_to_know() -> None:
    async def run() -> None:
        async def work() -> None:
            raise LookupError("no engine")

        await while_connected(Caller().receive, work())  # type: ignore[arg-type]

    with pytest.raises(LookupError, match="no engine"):
        asyncio.run(run())


def test_work_ends_with_its_caller() -> None:
    ended: list[str] = []

    async def run() -> None:
        caller = Caller()

        async def work() -> None:
            try:
                caller.goes.set()
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                ended.append("cancelled")
                raise

        await while_connected(caller.receive, work())  # type: ignore[arg-type]

    with pytest.raises(ClientDisconnect):
        asyncio.run(run())
    assert ended == ["cancelled"]
