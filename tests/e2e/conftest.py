"""A kit for tests with a real engine: the executor with a stand-in for the runner."""

from __future__ import annotations

import asyncio
import io
import uuid
import zipfile
from collections.abc import AsyncIterator, Sequence
from typing import Any

import docker
import pytest
from msgspec.structs import replace

from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.frames import AnyFrame
from jupyter_batch.domain.recording import LogLine
from jupyter_batch.domain.settings import Settings
from jupyter_batch.executors.docker import DockerExecutor
from jupyter_batch.executors.docker.connection import find_address
from jupyter_batch.ports import AttemptHandle, AttemptSpec, Bundle

#: Reads its bundle as the runner does, then executes the "notebook" as Python.
_STAND_IN = """
import json, os, sys, tarfile, time

parts = {}
with tarfile.open(fileobj=open(0, "rb", buffering=0), mode="r|") as archive:
    while "notebook.ipynb" not in parts:
        member = archive.next()
        if member is None:
            os._exit(66)
        parts[member.name] = archive.extractfile(member).read()
seq = 0

def emit(kind, **fields):
    global seq
    seq += 1
    frame = {"v": 1, "seq": seq, "at": time.time(), "kind": kind, **fields}
    sys.stdout.write(json.dumps(frame) + "\\n")
    sys.stdout.flush()

def beat():
    emit("heartbeat", memory_bytes=1, peak_memory_bytes=1, cpu_seconds=0.1)

def finish(verdict="succeeded"):
    emit("finished", verdict=verdict, cause="done")

names = {"emit": emit, "beat": beat, "finish": finish, "parts": parts}
exec(parts["notebook.ipynb"].decode(), names)
"""


def stand_in() -> bytes:
    """Returns the stand-in as a zip application."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("__main__.py", _STAND_IN)
    return buffer.getvalue()


class Kit:
    """The parts that the tests of the Docker executor need."""

    def __init__(self, settings: Settings, store_id: str | None = None) -> None:
        self.settings = settings
        self.store_id = store_id or f"test-{uuid.uuid4().hex[:8]}"
        self.executor = DockerExecutor(settings, runner=stand_in())
        #: Images that go when the test ends.
        self.tags: set[str] = set()
        self._others: list[Kit] = []

    def with_settings(self, **changes: Any) -> Kit:
        """Returns a kit of the same store with other settings; closed with this one."""
        other = Kit(replace(self.settings, **changes), self.store_id)
        self._others.append(other)
        return other

    async def spec(
        self, code: str, environment: Environment | None = None, **bundle: Any
    ) -> AttemptSpec:
        """Returns an attempt that executes the code."""
        resolved = self.executor.resolve(environment or Environment(network="none"))
        return AttemptSpec(
            store_id=self.store_id,
            run_id=uuid.uuid4().hex,
            attempt_no=1,
            environment=await self.executor.prepare(resolved, lambda text, share: None),
            bundle=Bundle(notebook=code.encode(), **bundle),
        )

    async def start(
        self, code: str, environment: Environment | None = None, **bundle: Any
    ) -> AttemptHandle:
        """Starts an attempt that executes the code."""
        return await self.executor.start(await self.spec(code, environment, **bundle))

    async def read(self, handle: AttemptHandle) -> tuple[list[AnyFrame], list[str]]:
        """Returns all frames and the lines of the log."""
        items: Sequence[AnyFrame | LogLine] = [
            item async for batch in self.executor.follow(handle) for item in batch
        ]
        return (
            [item for item in items if not isinstance(item, LogLine)],
            [item.text for item in items if isinstance(item, LogLine)],
        )

    async def build_derived(self, dockerfile: str, tag: str) -> None:
        """Builds an image from the job image."""
        text = dockerfile.replace("@JOB@", self.settings.default_image)
        self.tags.add(tag)
        await asyncio.to_thread(_build, text, tag)

    async def close(self) -> None:
        """Removes what the tests have left."""
        for other in self._others:
            await other.executor.close()
        for handle in await self.executor.list(self.store_id):
            await self.executor.remove(handle)
        await self.executor.close()
        await asyncio.to_thread(_remove_images, self.tags)


def _remove_images(tags: set[str]) -> None:
    client = docker.APIClient(base_url=find_address(), version="auto")
    try:
        for tag in tags:
            # With its parents would go what another build goes on from right now.
            client.remove_image(tag, force=True, noprune=True)
    finally:
        client.close()


def _build(dockerfile: str, tag: str) -> None:
    client = docker.APIClient(base_url=find_address(), version="auto")
    try:
        events = client.build(
            fileobj=io.BytesIO(dockerfile.encode()), tag=tag, rm=True, decode=True
        )
        errors = [event["error"] for event in events if "error" in event]
        assert not errors, errors
    finally:
        client.close()


@pytest.fixture
async def kit(settings: Settings) -> AsyncIterator[Kit]:
    made = Kit(settings)
    yield made
    await made.close()


@pytest.fixture
def client():
    made = docker.APIClient(base_url=find_address(), version="auto")
    yield made
    made.close()
