"""Many streams of a language model at once, from a pod beside it: how each of them ends."""

import contextlib
import json
import shlex
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.e2e.pulumi_project import wait_for

COUNT = 100
TOKENS = 12
LONGEST_SECONDS = 480.0
_RESULT = "/tmp/streams.json"  # noqa: S108 - in a pod of the test's own

# A stream is whole with OpenAI's last event, and told where an error ends it; all else was cut.
_CALLER = """
import asyncio, json, os, sys, time
import httpx
url, count, tokens, result = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]

async def stream(client, number):
    asked = {"prompt": f"Number {number} is", "max_tokens": tokens, "ignore_eos": True, "stream": True}
    version, last, why = None, "", ""
    try:
        async with client.stream("POST", f"{url}/v1/completions", json=asked) as answer:
            version = answer.headers.get("mlops-model-version")
            async for line in answer.aiter_lines():
                last = line.removeprefix("data: ") or last
    except httpx.HTTPError as error:
        why = repr(error)
    is_told = last.startswith('{"error"')
    ended = "whole" if last == "[DONE]" and not why else "told" if is_told and not why else "cut"
    return {"ended": ended, "version": version, "at": time.time(), "last": (why or last)[:200]}

async def main():
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(timeout=None, limits=limits) as client:
        streams = await asyncio.gather(*(stream(client, number) for number in range(count)))
    with open(result + ".part", "w") as file:
        json.dump(streams, file)
    os.replace(result + ".part", result)

asyncio.run(main())
"""


@dataclass(frozen=True)
class Stream:
    """How a stream ended.

    Attributes:
        ended: `whole`, `told` (an error that clients read) or `cut`.
        version: The version that answered it, by its headers.
        at: When, in seconds since 1970.
        last: Its last event, or why it was cut.
    """

    ended: str
    version: str | None
    at: float
    last: str


class Streams:
    """A hundred streams, opened at one moment.

    Args:
        shell: Runs a shell script in the pod that they come from.
        url: The endpoint.
    """

    def __init__(self, shell: Callable[[str], str], url: str) -> None:
        self._shell, self._url = shell, url

    def open(self) -> None:
        """Open them, and return at once."""
        command = shlex.join(["python", "-c", _CALLER, self._url, str(COUNT), str(TOKENS), _RESULT])
        self._shell(f"rm -f {_RESULT}; nohup {command} > /tmp/streams.log 2>&1 &")

    def ended(self) -> Sequence[Stream]:
        """Wait until each has ended, and return how."""
        wait_for(
            lambda: "yes" in self._shell(f"test -e {_RESULT} && echo yes"),
            timeout_seconds=LONGEST_SECONDS,
            explain=lambda: self._shell("cat /tmp/streams.log"),
        )
        return [Stream(**each) for each in json.loads(self._shell(f"cat {_RESULT}"))]


@contextlib.contextmanager
def opened_once(condition: Callable[[], Any], streams: Streams) -> Iterator[None]:
    """Opens streams as soon as something is so, within the block; fails where it never is."""
    over = threading.Event()
    failed: list[BaseException] = []

    def watch() -> None:
        try:
            wait_for(lambda: over.is_set() or bool(condition()), timeout_seconds=LONGEST_SECONDS)
            assert not over.is_set(), "the streams were to open while the block ran"
            streams.open()
        except BaseException as error:  # noqa: BLE001 - told where the block ends
            failed.append(error)

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()
    if failed:
        raise failed[0]
