"""The tasks of a program: when all are done, and where in it a failure came from."""

import asyncio
import traceback
from collections.abc import Coroutine, Generator
from pathlib import Path
from typing import Any


class ProgramError(RuntimeError):
    """A program fails by itself."""


class ProgramTasks:
    """Watches what runs in a program's loop, and remembers the place of each failure when it first ends a task.

    Asyncio drops an exception's traceback when its future is asked a second time, so it cannot be had at the end.
    """

    def __init__(self, program: Path) -> None:
        """Watch nothing yet.

        Args:
            program: The folder of the program.
        """
        self._program = program
        # By identity: two failures may be equal. Each is kept, so that no other one takes its identity.
        self._places: dict[int, tuple[Path, int | None]] = {}
        self._kept: list[Exception] = []
        self._running: set[asyncio.Task[Any]] = set()
        self._has_failed = False
        self._changed = asyncio.Event()

    def watch(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look at how each task of a loop ends. The loop is new: no task of it is there yet."""
        loop.set_task_factory(self._task)

    async def settled(self) -> None:
        """Wait until no task but this one is left, or one has failed."""
        while not self._has_failed and len(self._running) > 1:
            self._changed.clear()
            await self._changed.wait()

    def place_of(self, error: Exception) -> tuple[Path, int | None]:
        """Return the file and the line of the program that led to a failure; no line where none is known."""
        self._remember(error)
        return self._places.get(id(error), (self._program / "__main__.py", None))

    def _task(
        self,
        loop: asyncio.AbstractEventLoop,
        coroutine: Coroutine[Any, Any, Any] | Generator[Any, None, Any],
        /,
        **options: Any,
    ) -> asyncio.Task[Any]:
        task = asyncio.Task(coroutine, loop=loop, **options)
        self._running.add(task)
        task.add_done_callback(self._look_at)
        return task

    def _look_at(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._has_failed = True
        if isinstance(error, Exception):
            self._remember(error)
        if self._has_failed or len(self._running) <= 1:
            self._changed.set()

    def _remember(self, error: Exception) -> None:
        frames = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
        if isinstance(error, SyntaxError) and error.filename:
            frames.append((Path(error.filename), error.lineno))
        of_program = [place for place in frames if is_within(place[0], self._program)]
        if of_program and id(error) not in self._places:
            self._places[id(error)] = of_program[-1]
            self._kept.append(error)


def is_within(file: Path, folder: Path) -> bool:
    """Tell whether a file lies in a folder, whatever links lead there."""
    return file.resolve().is_relative_to(folder.resolve())
