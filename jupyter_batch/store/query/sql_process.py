"""Controls a process that runs SQL of users.

SQL can make DuckDB take any amount of memory within one function, where nothing can interrupt it.
So it runs in a process that system limits can end without harm, and that can be killed any time.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path

import msgspec
import psutil

from jupyter_batch.store.query.sql_messages import (
    MAX_MESSAGE,
    PREFIX,
    Question,
    Reply,
    decode,
    encode,
)

_PROGRAM = "jupyter_batch.store.query.sql_program"
#: Of the owner's variables, those that Python needs to start.
_VARIABLES = ("PATH", "HOME", "TMPDIR", "LANG", "LC_", "PYTHON", "LD_", "DYLD_", "VIRTUAL_ENV")
#: Most resident memory. The program itself limits its address space.
_MOST_BYTES = 1024 * 1024 * 1024
_WATCH_SECONDS = 0.05


class ProcessEnded(Exception):
    """The process ended without an answer."""


class SqlProcess:
    """A process that starts with the first question and answers one at a time."""

    def __init__(self, folder: Path) -> None:
        """Create it; ``folder`` is for data that does not fit into memory."""
        self._parent = folder
        self._folder: Path | None = None
        self._process: asyncio.subprocess.Process | None = None

    async def ask(self, question: Question) -> Reply:
        """Returns the reply; raises ProcessEnded. Cancelled, it must be killed."""
        process = self._process or await self._start()
        watching = asyncio.create_task(self._watch(process))
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(encode(question))
            await process.stdin.drain()
            size = int.from_bytes(await process.stdout.readexactly(PREFIX), "big")
            if size > MAX_MESSAGE:
                raise ProcessEnded("it said too much")
            content = await process.stdout.readexactly(size)
            return await asyncio.to_thread(decode, content, Reply)
        except (asyncio.IncompleteReadError, ConnectionError, msgspec.MsgspecError) as error:
            raise ProcessEnded("it ended without an answer") from error
        finally:
            watching.cancel()

    async def kill(self) -> None:
        """Kills the process, if it still runs."""
        process, self._process = self._process, None
        if process is not None:
            if process.returncode is None:
                try:
                    process.kill()
                except ProcessLookupError:
                    pass
            await process.wait()
        if self._folder is not None:
            await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)
            self._folder = None

    async def _start(self) -> asyncio.subprocess.Process:
        self._folder = Path(await asyncio.to_thread(self._make_folder))
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            _PROGRAM,
            str(self._folder),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={name: value for name, value in os.environ.items() if name.startswith(_VARIABLES)},
            start_new_session=True,
        )
        return self._process

    def _make_folder(self) -> str:
        self._parent.mkdir(mode=0o700, exist_ok=True)
        return tempfile.mkdtemp(prefix="sql-", dir=self._parent)

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        """Kills the process if it uses too much memory: not every system enforces the limit."""
        try:
            measured = psutil.Process(process.pid)
            while True:
                await asyncio.sleep(_WATCH_SECONDS)
                if measured.memory_info().rss > _MOST_BYTES:
                    process.kill()
                    return
        except (psutil.Error, ProcessLookupError):
            pass
