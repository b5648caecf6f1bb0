"""An executor whose attempts are controlled by the test."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from msgspec.structs import replace

from jupyter_batch.domain import frames
from jupyter_batch.domain.cell import CellState
from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.executor_kinds import DOCKER, ExecutorKind
from jupyter_batch.domain.ids import made_at
from jupyter_batch.domain.recording import LogLine
from jupyter_batch.errors import AttemptGone, BatchError, EngineUnavailable
from jupyter_batch.ports import (
    AttemptEnding,
    AttemptHandle,
    AttemptSpec,
    ExecutorHealth,
    ImageReport,
    ProgressCallback,
)


class FakeAttempt:
    """One attempt; writes frames and ends when the test calls for it."""

    def __init__(self, spec: AttemptSpec) -> None:
        self.spec = spec
        self.handle = AttemptHandle(
            run_id=spec.run_id, attempt_no=spec.attempt_no, container_id=f"fake-{spec.name}"
        )
        self.items: list[frames.AnyFrame | LogLine] = []
        self.ending: AttemptEnding | None = None
        self.stopped_with: float | None = None
        #: Files that its runner keeps.
        self.kept: dict[str, bytes] = {}
        #: Seconds since the epoch at which its run was made, about when it says what it says.
        self.at = made_at(spec.run_id).timestamp()
        self._seq = 0
        self._lines = 0
        #: How many cells there are, the next to be started, and the one that is being executed.
        self._total, self._next = 0, 0
        self._current: int | None = None
        self._begun = False
        self._changed = asyncio.Condition()

    def emit(self, make: Callable[..., frames.AnyFrame], **fields: Any) -> None:
        """Writes a frame with the next number."""
        self._seq += 1
        self.items.append(make(seq=self._seq, at=self.at + self._seq, **fields))

    def log(self, text: str) -> None:
        """Writes a line to the log."""
        self._lines += 1
        self.items.append(LogLine(line_no=self._lines, text=text))

    def begin(self, sources: Sequence[str]) -> None:
        """Writes all frames that come before the first cell."""
        self.emit(frames.Ready, python="3.11.0", papermill="2.7.0")
        cells = [{"cell_type": "code", "source": s, "metadata": {}} for s in sources]
        self.emit(frames.Document, name="skeleton", body=json.dumps({"cells": cells}))
        self.emit(
            frames.StartedFrame, cells_total=len(sources), kernel_name="python3", language="python"
        )
        self._total = len(sources)
        self._begun = True

    def start_cell(self, index: int, source: str = "pass") -> None:
        """Begins a cell."""
        self.emit(frames.CellStarted, cell=index, cell_type="code", source=source)
        self._next, self._current = index + 1, index

    def print(self, index: int, text: str, no: int = 0) -> None:
        """Adds an output to a cell."""
        body = json.dumps({"output_type": "stream", "name": "stdout", "text": text})
        op = frames.OutputOp(op="append", cell=index, no=no, type="stream", body=body)
        self.emit(frames.Output, ops=(op,))

    def finish_cell(
        self, index: int, source: str = "pass", error: frames.FrameError | None = None
    ) -> None:
        """Ends a cell."""
        self.emit(
            frames.CellFinished,
            cell=index,
            cell_type="code",
            source=source,
            state=CellState.FAILED if error else CellState.SUCCEEDED,
            execution_count=index + 1,
            started_at=self.at,
            finished_at=self.at + 1,
            error=error,
        )
        self._current = None

    def finish_cells(self) -> None:
        """Executes what is left."""
        if not self._begun:
            self.begin([])
        if self._current is not None:
            self.finish_cell(self._current)
        for index in range(self._next, self._total):
            self.start_cell(index)
            self.finish_cell(index)

    async def end(
        self,
        ending: AttemptEnding | None = None,
        *,
        verdict: str | None = "succeeded",
        **fields: Any,
    ) -> None:
        """Writes the last frame (none where ``verdict`` is None) and ends.

        A notebook that succeeds executes what is left of its cells first.
        """
        if verdict is not None:
            fields.setdefault("cause", "done")
            if (verdict, fields["cause"]) == ("succeeded", "done"):
                self.finish_cells()
            self.emit(frames.Finished, verdict=verdict, **fields)
        self.ending = ending or AttemptEnding(exit_code=0 if verdict == "succeeded" else 1)
        await self.flush()

    async def flush(self) -> None:
        """Makes the new items visible to followers."""
        async with self._changed:
            self._changed.notify_all()

    async def wait_beyond(self, count: int) -> None:
        """Returns once more than so many items are there, or the attempt has ended."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.items) > count or self.ending)


async def succeed(attempt: FakeAttempt) -> None:
    """Runs one cell that prints, and ends well."""
    attempt.begin(["print('hello')"])
    attempt.start_cell(0, "print('hello')")
    attempt.print(0, "hello\n")
    attempt.finish_cell(0, "print('hello')")
    await attempt.end()


async def hang(attempt: FakeAttempt) -> None:
    """Begins the first of two cells, and stays there."""
    attempt.begin(["wait()", "never()"])
    attempt.start_cell(0, "wait()")
    await attempt.flush()


class FakeExecutor:
    """An Executor in memory; ``behaviour`` is what a new attempt does by itself."""

    def __init__(self, name: str = DOCKER.name, kind: ExecutorKind = DOCKER) -> None:
        self._name = name
        self.kind = kind
        self.behaviour: Callable[[FakeAttempt], Any] = succeed
        self.attempts: dict[str, FakeAttempt] = {}
        self.removed: list[str] = []
        self.kernels = {"python3": "python"}
        #: Raised by ``prepare`` while it is set.
        self.prepare_error: BatchError | None = None
        #: While True the engine does not answer.
        self.away = False
        self.closed = False
        self._started = asyncio.Condition()

    @property
    def name(self) -> str:
        """Returns the name under which runs ask for it."""
        return self._name

    async def health(self) -> ExecutorHealth:
        """Returns whether it is away."""
        return ExecutorHealth(ok=not self.away, isolated=True, message="a fake")

    def resolve(self, environment: Environment) -> Environment:
        """Fills in an image."""
        return replace(environment, image=environment.image or "fake:latest")

    async def inspect(self, environment: Environment) -> ImageReport | None:
        """Returns the kernels."""
        if self.away:
            return None
        return ImageReport(
            image=environment.image, python="3.11", papermill="2.7", kernels=self.kernels
        )

    async def prepare(self, environment: Environment, progress: ProgressCallback) -> Environment:
        """Raises ``prepare_error`` where there is one."""
        self._check()
        if self.prepare_error is not None:
            raise self.prepare_error
        progress("the image is there", 1.0)
        return replace(environment, image_digest="sha256:fake")

    async def start(self, spec: AttemptSpec) -> AttemptHandle:
        """Starts an attempt with the behaviour."""
        self._check()
        if spec.name not in self.attempts:
            attempt = self.attempts[spec.name] = FakeAttempt(spec)
            await self.behaviour(attempt)
            async with self._started:
                self._started.notify_all()
        return self.attempts[spec.name].handle

    async def wait_started(self, count: int = 1) -> list[FakeAttempt]:
        """Returns the attempts, once there have been so many."""
        async with self._started:
            await self._started.wait_for(lambda: len(self.attempts) >= count)
        return list(self.attempts.values())

    async def follow(
        self, handle: AttemptHandle
    ) -> AsyncIterator[Sequence[frames.AnyFrame | LogLine]]:
        """Yields all items of the attempt from the first one on."""
        attempt, seen = self._find(handle), 0
        while True:
            self._check()
            items = attempt.items[seen:]
            seen += len(items)
            if items:
                yield items
            elif attempt.ending is not None:
                return
            else:
                await attempt.wait_beyond(seen)

    async def wait(self, handle: AttemptHandle) -> AttemptEnding:
        """Returns the ending."""
        attempt = self._find(handle)
        while attempt.ending is None:
            await attempt.wait_beyond(len(attempt.items))
        return attempt.ending

    async def stop(self, handle: AttemptHandle, *, grace_seconds: float) -> None:
        """Ends the attempt as a runner does on SIGTERM."""
        self._check()
        attempt = self.attempts.get(_name(handle))
        if attempt is None or attempt.ending is not None:
            return
        attempt.stopped_with = grace_seconds
        if grace_seconds:
            await attempt.end(verdict="cancelled", cause="sigterm", message="stopped")
        else:
            await attempt.end(AttemptEnding(exit_code=137), verdict=None)

    async def kept(self, handle: AttemptHandle, name: str) -> bytes | None:
        """Returns what the test has put there."""
        return self._find(handle).kept.get(name)

    async def remove(self, handle: AttemptHandle) -> None:
        """Forgets the attempt."""
        self._check()
        if self.attempts.pop(_name(handle), None) is not None:
            self.removed.append(_name(handle))

    async def list(self, store_id: str) -> tuple[AttemptHandle, ...]:
        """Returns the attempts of a store."""
        self._check()
        return tuple(a.handle for a in self.attempts.values() if a.spec.store_id == store_id)

    async def close(self) -> None:
        """Remembers that it was closed."""
        self.closed = True

    def _find(self, handle: AttemptHandle) -> FakeAttempt:
        self._check()
        if _name(handle) not in self.attempts:
            raise AttemptGone(f"there is no {_name(handle)}")
        return self.attempts[_name(handle)]

    def _check(self) -> None:
        if self.away:
            raise EngineUnavailable("the fake engine does not answer")


def _name(handle: AttemptHandle) -> str:
    return f"jb-{handle.run_id}-{handle.attempt_no}"
