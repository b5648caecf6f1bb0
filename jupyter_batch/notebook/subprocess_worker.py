"""Runs work on notebooks in threads and processes, so that the event loop is not blocked.

A thread is not enough for what is large: reading 100 MB of JSON is one call into C that keeps
the interpreter's lock for up to a second. So what is large goes to a process of its own.
"""

from __future__ import annotations

import asyncio
import importlib
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Any, TypeVar

import msgspec

from jupyter_batch.domain.nesting import count_values
from jupyter_batch.errors import BatchError, InvalidNotebook

T = TypeVar("T")

#: What is larger goes to a process; about 10 ms of reading.
LARGE_BYTES = 4 * 1024 * 1024
#: Decoding as many JSON values takes as long.
_LARGE_VALUES = 50_000
_TIMEOUT_SECONDS = 600.0
#: What is written and read at once.
_SLICE = 256 * 1024
#: Exit code of a child that found the notebook invalid; its stdout says why.
_INVALID = 3


class _Refusal(msgspec.Struct):
    message: str
    details: dict[str, msgspec.Raw]


async def run_in_worker(
    function: Callable[[bytes], bytes], data: bytes, *, is_large: bool | None = None
) -> bytes:
    """Returns ``function(data)``, computed in a thread or, for large data, in a process.

    Data is large if it has many bytes, or is JSON of many values, unless the caller knows. The function has to be importable by its name. It may raise InvalidNotebook.
    """
    if is_large is None:
        is_large = await asyncio.to_thread(_is_large, data)
    return await asyncio.to_thread(_in_child if is_large else _here, function, data)


def _is_large(data: bytes) -> bool:
    return len(data) > LARGE_BYTES or count_values(data, most=_LARGE_VALUES) > _LARGE_VALUES


async def stream_in_worker(
    function: Callable[[IO[bytes], IO[bytes]], None], pieces: AsyncIterator[bytes]
) -> AsyncIterator[bytes]:
    """Yields what ``function(source, target)`` writes in a process of its own.

    The source has the joined pieces. Neither is ever whole in this process. The function has to
    be importable by its name; it may raise InvalidNotebook before it writes anything.
    """
    with _files() as (given, result, log):
        async for piece in joined_pieces(pieces):
            await asyncio.to_thread(_write, given, piece)
        await asyncio.to_thread(_run_child, function, "stream", given, result, log)
        while piece := await asyncio.to_thread(result.read, _SLICE):
            yield piece


async def joined_pieces(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Yields the same bytes in pieces that are not small."""
    lot = bytearray()
    async for piece in pieces:
        lot += piece
        if len(lot) >= _SLICE:
            yield bytes(lot)
            lot.clear()
    if lot:
        yield bytes(lot)


async def taken(
    items: AsyncIterator[T], size_of: Callable[[T], int], room: int
) -> tuple[list[T], bool]:
    """Returns the items that fit into the room, and whether these are all."""
    found: list[T] = []
    async for item in items:
        found.append(item)
        room -= size_of(item)
        if room < 0:
            return found, False
    return found, True


async def chained(first: Iterable[T], rest: AsyncIterator[T]) -> AsyncIterator[T]:
    """Yields the items of the first, then those of the second."""
    for item in first:
        yield item
    async for item in rest:
        yield item


def _here(function: Callable[[bytes], bytes], data: bytes) -> bytes:
    return function(data)


def _in_child(function: Callable[[bytes], bytes], data: bytes) -> bytes:
    with _files() as (given, result, log):
        _write(given, data)
        _run_child(function, "bytes", given, result, log)
        return result.read()


@contextmanager
def _files() -> Iterator[tuple[IO[bytes], IO[bytes], IO[bytes]]]:
    # Files, not pipes: writing and reading them is one system call each, without the lock.
    with (
        tempfile.TemporaryFile(buffering=0) as given,
        tempfile.TemporaryFile(buffering=0) as result,
        tempfile.TemporaryFile(buffering=0) as log,
    ):
        yield given, result, log


def _run_child(
    function: Callable[..., Any], way: str, given: IO[bytes], result: IO[bytes], log: IO[bytes]
) -> None:
    name = f"{function.__module__}:{function.__qualname__}"
    command = [sys.executable, "-m", __name__, name, way]
    given.seek(0)
    try:
        code = subprocess.run(
            command, stdin=given, stdout=result, stderr=log, timeout=_TIMEOUT_SECONDS
        ).returncode
    except subprocess.TimeoutExpired as error:
        raise BatchError(f"{name} took more than {_TIMEOUT_SECONDS:g} seconds") from error
    result.seek(0)
    if code == _INVALID:
        refusal = msgspec.json.decode(result.read(), type=_Refusal)
        details = {key: msgspec.json.decode(raw) for key, raw in refusal.details.items()}
        raise InvalidNotebook(refusal.message, **details)
    if code != 0:
        log.seek(0)
        raise BatchError(f"{name} failed: {log.read().decode(errors='replace')[-500:]}")


def _write(file: IO[bytes], data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]


def _main(name: str, way: str) -> int:
    module, _, attribute = name.partition(":")
    function = getattr(importlib.import_module(module), attribute)
    source, target = sys.stdin.buffer, sys.stdout.buffer
    code = 0
    try:
        if way == "stream":
            function(source, target)
        else:
            target.write(function(source.read()))
    except InvalidNotebook as error:
        target.write(msgspec.json.encode({"message": error.message, "details": error.details}))
        code = _INVALID
    target.flush()
    return code


if __name__ == "__main__":
    # jsonschema loads this where it is installed, for a format that nobody uses; it takes seconds.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    sys.exit(_main(*sys.argv[1:]))
