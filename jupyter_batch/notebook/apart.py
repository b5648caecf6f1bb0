"""Runs work on notebooks where it does not hold up the event loop.

A thread is not enough for what is large: reading 100 MB of JSON is one call into C that keeps
the interpreter's lock for up to a second. So what is large goes to a process of its own.
"""

from __future__ import annotations

import asyncio
import importlib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from typing import IO

import msgspec

from jupyter_batch.errors import BatchError, InvalidNotebook

#: What is larger goes to a process; about 10 ms of reading.
LARGE_BYTES = 4 * 1024 * 1024
_TIMEOUT_SECONDS = 600.0
#: Exit code of a child that found the notebook invalid; its stdout says why.
_INVALID = 3


class _Refusal(msgspec.Struct):
    message: str
    details: dict[str, msgspec.Raw]


async def apart(
    function: Callable[[bytes], bytes], data: bytes, *, is_large: bool | None = None
) -> bytes:
    """Returns ``function(data)``, computed in a thread or, for large data, in a process.

    The function has to be importable by its name. It may raise InvalidNotebook.
    """
    if is_large is None:
        is_large = len(data) > LARGE_BYTES
    if is_large:
        return await far_apart(function, [data])
    return await asyncio.to_thread(function, data)


async def far_apart(function: Callable[[bytes], bytes], pieces: Iterable[bytes]) -> bytes:
    """Returns ``function`` of the joined pieces, computed in a process of its own.

    The pieces are made in a thread, and each is one hold of the lock.
    """
    return await asyncio.to_thread(_in_child, function, pieces)


def _in_child(function: Callable[[bytes], bytes], pieces: Iterable[bytes]) -> bytes:
    name = f"{function.__module__}:{function.__qualname__}"
    command = [sys.executable, "-m", __name__, name]
    # Files, not pipes: writing and reading them is one system call each, without the lock.
    with (
        tempfile.TemporaryFile(buffering=0) as given,
        tempfile.TemporaryFile(buffering=0) as result,
        tempfile.TemporaryFile(buffering=0) as log,
    ):
        for piece in pieces:
            _write(given, piece)
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
        return result.read()


def _write(file: IO[bytes], data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[file.write(view) :]


def _main(name: str) -> int:
    module, _, attribute = name.partition(":")
    function = getattr(importlib.import_module(module), attribute)
    try:
        result = function(sys.stdin.buffer.read())
        code = 0
    except InvalidNotebook as error:
        result = msgspec.json.encode({"message": error.message, "details": error.details})
        code = _INVALID
    sys.stdout.buffer.write(result)
    sys.stdout.buffer.flush()
    return code


if __name__ == "__main__":
    # jsonschema loads this where it is installed, for a format that nobody uses; it takes seconds.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    sys.exit(_main(sys.argv[1]))
