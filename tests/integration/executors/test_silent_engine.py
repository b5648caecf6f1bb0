"""An engine that accepts connections and never answers holds up nobody for long."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.settings import Settings
from jupyter_batch.executors.docker.executor import DockerExecutor


class Silent:
    """Accepts and keeps silent, until it is told to answer."""

    def __init__(self, path: str) -> None:
        self.address = f"unix://{path}"
        self.answers = False
        self.accepted = 0
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(path)
        self._socket.listen(128)
        self._kept: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.accepted += 1
            self._kept.append(connection)
            if self.answers:
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            if connection.recv(65536):
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK")

    def close(self) -> None:
        with contextlib.suppress(OSError):  # it may have been closed before
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in self._kept:
            connection.close()


@pytest.fixture
def silent() -> Iterator[Silent]:
    with tempfile.TemporaryDirectory(prefix="jb-") as folder:
        engine = Silent(f"{folder}/s.sock")
        yield engine
        engine.close()


@pytest.fixture
def executor(silent: Silent, tmp_path: Path) -> DockerExecutor:
    settings = Settings(data_dir=str(tmp_path), root_dir="/", docker_host=silent.address)
    return DockerExecutor(settings, runner=b"")


async def test_ten_requests_at_once_wait_together_and_later_ones_not_at_all(executor):
    began = time.monotonic()
    reports = await asyncio.gather(*(executor.inspect(Environment()) for _ in range(10)))
    first = time.monotonic() - began
    assert reports == [None] * 10
    assert first < 20, "one look of five seconds, for all"
    began = time.monotonic()
    for _ in range(10):
        assert await executor.inspect(Environment()) is None
    assert time.monotonic() - began < 2, "it is known to be silent"
    health = await executor.health()
    assert not health.ok
    assert health.message
    await executor.close()


async def test_an_engine_that_answers_again_is_found_out(executor, silent):
    assert await executor.inspect(Environment()) is None
    silent.answers = True
    pulse = executor._pulse
    for _ in range(3):  # the first may be what has been found out before
        if await pulse.answers(wait=True):
            break
        await asyncio.sleep(5)
    assert pulse.trouble is None
    await executor.close()


async def test_one_that_refuses_is_asked_each_time(executor, silent):
    silent.close()
    for _ in range(3):
        health = await executor.health()
        assert "no container engine answers at unix://" in health.message
    await executor.close()
