"""A way to the engine through a test's own hands."""

from __future__ import annotations

import asyncio

from jupyter_batch.executors.docker.connection import find_address


class Relay:
    """Leads each connection that a server has taken on to the engine, until it is cut."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Takes a connection; for asyncio's servers."""
        target = find_address().removeprefix("unix://")
        far_reader, far_writer = await asyncio.open_unix_connection(target)
        for ends in ((reader, far_writer), (far_reader, writer)):
            self._tasks.add(asyncio.create_task(_pump(*ends)))

    async def cut(self) -> None:
        """Ends all connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except (OSError, asyncio.CancelledError):
        pass
    finally:
        writer.close()
