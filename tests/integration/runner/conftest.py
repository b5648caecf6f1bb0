"""Starts the runner as a process and reads what it writes."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_batch.domain import frames
from jupyter_batch.runner.pack import zipapp_bytes

PATIENCE = 120.0


def notebook(*sources: str | dict[str, Any]) -> bytes:
    """A notebook of code cells for python3."""
    cells = [
        source
        if isinstance(source, dict)
        else {
            "cell_type": "code",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": source,
        }
        for source in sources
    ]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return json.dumps(
        {"nbformat": 4, "nbformat_minor": 4, "metadata": {"kernelspec": spec}, "cells": cells}
    ).encode()


class Running:
    """A runner at work."""

    def __init__(
        self, command: list[str], bundle: bytes | None, folder: Path, env: dict[str, str]
    ) -> None:
        self.folder = folder
        self._log = folder.with_suffix(".log").open("w+b")
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            cwd=folder,
            env=env,
        )
        self.frames: list[frames.AnyFrame] = []
        self.lines: list[bytes] = []
        self._changed = threading.Condition()
        self._ended = False
        threading.Thread(target=self._read, daemon=True).start()
        if bundle is not None:
            self.feed(bundle)

    def feed(self, data: bytes) -> None:
        """Writes the bundle and leaves stdin open, as an engine may."""
        assert self.process.stdin is not None
        self.process.stdin.write(data)
        self.process.stdin.flush()

    def until(self, holds: Callable[[], bool]) -> None:
        """Returns as soon as it holds; looks again with every frame."""
        with self._changed:
            assert self._changed.wait_for(lambda: holds() or self._ended, PATIENCE)
            assert holds(), self.log()

    def until_output(self, text: str) -> None:
        """Returns when a cell has written the text."""
        self.until(lambda: any(text in op.body for op in self.ops()))

    def ops(self) -> list[frames.OutputOp]:
        """The changes to outputs so far."""
        return [op for frame in self.frames if isinstance(frame, frames.Output) for op in frame.ops]

    def signal(self, number: int = signal.SIGTERM) -> None:
        """Sends a signal to the runner."""
        self.process.send_signal(number)

    def until_end(self) -> None:
        """Returns when the process has ended and all of its stdout has been read."""
        self.process.wait(PATIENCE)
        with self._changed:
            assert self._changed.wait_for(lambda: self._ended, PATIENCE)

    def wait(self) -> frames.Finished:
        """Returns the last frame when the process has ended."""
        self.until_end()
        assert self.frames, self.log()
        assert isinstance(self.frames[-1], frames.Finished), self.log()
        assert [frame.seq for frame in self.frames] == list(range(1, len(self.frames) + 1))
        return self.frames[-1]

    def kinds(self, kind: type[Any]) -> list[Any]:
        """The frames of a kind."""
        return [frame for frame in self.frames if isinstance(frame, kind)]

    def text(self, cell: int) -> str:
        """Returns the text that a cell has printed."""
        bodies = [json.loads(op.body) for op in self.ops() if op.cell == cell and op.body]
        return "".join(body.get("text", "") for body in bodies)

    def log(self) -> str:
        """The text on stderr."""
        self._log.seek(0)
        return self._log.read().decode()

    def close(self) -> None:
        """Ends the process where it has not ended."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdin is not None
        self.process.stdin.close()
        with self._changed:
            self._changed.wait_for(lambda: self._ended, PATIENCE)
        self._log.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as stdout:
            for line in stdout:
                with self._changed:
                    assert len(line) <= 512 * 1024
                    self.lines.append(line)
                    self.frames.append(frames.decode_frame(line))
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()


def tar(members: dict[str, bytes]) -> bytes:
    """A tar stream of the members, in their order."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return target.getvalue()


@pytest.fixture(scope="session")
def pyz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runner as it goes into containers."""
    path = tmp_path_factory.mktemp("runner") / "jb-runner.pyz"
    path.write_bytes(zipapp_bytes())
    return path


@pytest.fixture
def start(tmp_path: Path, pyz: Path) -> Iterator[Callable[..., Running]]:
    """Starts a runner on code cells; keywords are settings of the bundle."""
    started: list[Running] = []

    def start(
        *sources: str | dict[str, Any],
        command: list[str] | None = None,
        files: dict[str, bytes] | None = None,
        content: bytes | None = None,
        environ: dict[str, str] | None = None,
        fed: bool = True,
        **settings: Any,
    ) -> Running:
        folder = tmp_path / f"work{len(started)}"
        folder.mkdir()
        settings = {"run_id": "r1", "attempt_no": 1, "notebook_path": "a/n.ipynb", **settings}
        members = {"bundle.json": json.dumps(settings).encode()}
        members |= {f"files/{path}": data for path, data in (files or {}).items()}
        members["notebook.ipynb"] = notebook(*sources) if content is None else content
        running = Running(
            command or [sys.executable, str(pyz)],
            tar(members) if fed else None,
            folder,
            {**os.environ, **(environ or {})},
        )
        started.append(running)
        return running

    yield start
    for running in started:
        running.close()
