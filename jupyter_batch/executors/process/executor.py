"""Runs attempts as processes of the owner's machine and user."""

from __future__ import annotations

import asyncio
import hashlib
import importlib.metadata
import math
import os
import platform
import sys
import threading
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.executor_kinds import DOCKER, PROCESS
from jupyter_batch.domain.findings import Findings
from jupyter_batch.domain.frames import AnyFrame
from jupyter_batch.domain.paths import path_problem
from jupyter_batch.domain.recording import LogLine
from jupyter_batch.domain.settings import Settings
from jupyter_batch.errors import (
    AttemptGone,
    ExecutorError,
    ImageUnusable,
    InvalidInput,
    NotAllowed,
    UnsafePath,
)
from jupyter_batch.executors import sizes
from jupyter_batch.executors.bundle_tar import MAX_KEPT_BYTES, pack
from jupyter_batch.executors.channel import Channel
from jupyter_batch.executors.frame_keys import FrameKeys
from jupyter_batch.executors.process.folder import RUNNER_NAME, AttemptFolder, folder_name
from jupyter_batch.executors.process.following import LOOK_EVERY, FileFollower
from jupyter_batch.ports import (
    AttemptEnding,
    AttemptHandle,
    AttemptSpec,
    ExecutorHealth,
    ImageReport,
    ProgressCallback,
)

_REPORT_SECONDS = 5.0
#: Slower than following: a caller that waits for the end follows as well.
_WAIT_POLL_SECONDS = 0.1
#: After SIGKILL, for the supervisor to write down the exit code.
_EXIT_CODE_SECONDS = 2.0
_WARNING = (
    "NO ISOLATION: notebooks run as processes of this machine, as this user, with its files and "
    "network; limits on cpus, memory and gpus are not enforced"
)


class ProcessExecutor:
    """ports.Executor with the runner as a process below ``<data_dir>/attempts``.

    The runner writes to files, so they are the durable log, and a supervisor process writes
    its exit code down: both outlive the owner.
    """

    kind = PROCESS
    name = PROCESS.name

    def __init__(self, settings: Settings, *, runner: bytes, keys: FrameKeys | None = None) -> None:
        """Takes the runner as the zip application that ``runner.pack`` makes.

        ``keys``: with what it signs its frames; None for one that does not.
        """
        self._settings = settings
        self._keys = keys
        self._runner = runner
        self._folder = Path(settings.data_dir).absolute() / "attempts"
        self._starting: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._report: tuple[float, ImageReport] | None = None

    async def health(self) -> ExecutorHealth:
        """Returns whether this Python can run notebooks, and that nothing is isolated."""
        facts = {
            "isolation": "none",
            "limits": f"{', '.join(self.kind.unenforced)} are accepted and not enforced",
            "python": sys.executable,
            "folder": str(self._folder),
        }
        try:
            report = await self._inspect()
        except ImageUnusable as error:
            return ExecutorHealth(
                ok=False, isolated=self.kind.isolated, message=error.message, facts=facts
            )
        facts["kernels"] = ", ".join(sorted(report.kernels))
        return ExecutorHealth(
            ok=True,
            isolated=self.kind.isolated,
            message=_WARNING,
            version=f"papermill {report.papermill}",
            facts=facts,
        )

    def resolve(self, environment: Environment) -> Environment:
        """Refuses what needs a container; cpus, memory and gpus are noted, not enforced."""
        findings = Findings()
        for field in self.kind.refused:
            if getattr(environment, field):
                findings.add(
                    InvalidInput(
                        f"the process executor has no containers, so {field} cannot be given; "
                        f"leave it out or use the {DOCKER.name} executor",
                        field=f"environment.{field}",
                    )
                )
        with findings.gather():
            self._check_limits(environment)
        findings.raise_first()
        for name in environment.env:
            if not name or "=" in name or "\0" in name + environment.env[name]:
                raise InvalidInput(
                    f"{name!r} is no environment variable", field=f"environment.env.{name}"
                )
        return replace(environment, executor=self.name, image_digest=None)

    def _check_limits(self, environment: Environment) -> None:
        cpus, memory = environment.cpus, environment.memory_bytes
        if cpus is not None:
            _check_limit("cpus", cpus, self._settings.max_cpus)
        if memory is not None:
            _check_limit("memory_bytes", memory, self._settings.max_memory_bytes)
        if environment.gpus < -1:
            raise InvalidInput(
                f"gpus must be a number, 0 for none or -1 for all, not {environment.gpus}",
                field="environment.gpus",
            )
        if environment.gpus and not self._settings.allow_gpus:
            raise NotAllowed("gpus are not allowed", field="environment.gpus")

    async def inspect(self, environment: Environment) -> ImageReport | None:
        """Returns the kernels of this machine; raises ImageUnusable without papermill."""
        return await self._inspect()

    async def _inspect(self) -> ImageReport:
        if self._report is None or self._report[0] < time.monotonic():
            report = await asyncio.to_thread(_look_around)
            self._report = (time.monotonic() + _REPORT_SECONDS, report)
        return self._report[1]

    async def prepare(self, environment: Environment, progress: ProgressCallback) -> Environment:
        """Makes sure that papermill and a kernel are installed; downloads nothing."""
        await self._inspect()
        return replace(environment, image_digest=None)

    async def start(self, spec: AttemptSpec) -> AttemptHandle:
        """Starts the runner in a folder of its own; once per name."""
        async with self._starting[spec.name]:
            handle = await asyncio.to_thread(self._start, spec)
        self._starting.pop(spec.name, None)
        return handle

    def _start(self, spec: AttemptSpec) -> AttemptHandle:
        folder = self._at(spec.run_id, spec.attempt_no)
        try:
            if not folder.is_there():
                command = [sys.executable, str(self._runner_file())]
                key = None if self._keys is None else self._keys.of(spec.run_id, spec.attempt_no)
                bundle = pack(spec.bundle, key)
                folder.start(spec, command, bundle, is_signed=key is not None)
        except OSError as error:
            why = error.strerror or str(error)
            raise ExecutorError(f"the attempt {spec.name} cannot be started: {why}") from error
        handle = folder.handle(spec.store_id)
        if handle is None:
            raise ExecutorError(f"another store has an attempt named {spec.name}")
        return handle

    def _runner_file(self) -> Path:
        """Returns the runner on disk; named by its content, so that versions live side by side."""
        digest = hashlib.sha256(self._runner).hexdigest()[:16]
        path = self._folder / ".runner" / f"{RUNNER_NAME}{digest}.pyz"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
            fresh.write_bytes(self._runner)
            fresh.replace(path)
        return path

    async def follow(self, handle: AttemptHandle) -> AsyncIterator[Sequence[AnyFrame | LogLine]]:
        """Yields what the runner has written, from the first byte to its end."""
        channel: Channel[AnyFrame | LogLine] = Channel()
        key = None
        if self._keys is not None and handle.is_signed:
            key = self._keys.of(handle.run_id, handle.attempt_no)
        follower = FileFollower(
            self._of(handle),
            channel,
            max_log_bytes=self._settings.max_output_bytes,
            key=key,
            max_bytes=sizes.max_read(self._settings),
        )
        follower.start()
        try:
            async for batch in channel.batches():
                yield batch
        finally:
            follower.abort()
            await asyncio.shield(channel.finished())

    async def wait(self, handle: AttemptHandle) -> AttemptEnding:
        """Returns when the attempt has ended."""
        folder = self._of(handle)
        polls = 0
        while True:
            if polls % LOOK_EVERY == 0 or await asyncio.to_thread(folder.has_exit_code):
                try:
                    ending = await asyncio.to_thread(folder.ending)
                except FileNotFoundError as error:
                    raise AttemptGone(
                        "the folder of the attempt is not there any more", name=folder.path.name
                    ) from error
                if ending is not None and ending.exit_code is None and not ending.never_started:
                    await asyncio.to_thread(folder.kill, with_supervisor=True)
                if ending is not None:
                    return ending
            polls += 1
            await asyncio.sleep(_WAIT_POLL_SECONDS)

    async def stop(self, handle: AttemptHandle, *, grace_seconds: float) -> None:
        """Sends SIGTERM to the runner, and SIGKILL to all its processes after the grace."""
        folder = self._of(handle)
        await asyncio.to_thread(folder.terminate)
        if await self._ends_within(handle, grace_seconds):
            return
        await asyncio.to_thread(folder.kill, with_supervisor=False)
        if not await self._ends_within(handle, _EXIT_CODE_SECONDS):
            await asyncio.to_thread(folder.kill, with_supervisor=True)

    async def _ends_within(self, handle: AttemptHandle, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self.wait(handle)
        except TimeoutError:
            return False
        except AttemptGone:
            return True
        return True

    async def kept(self, handle: AttemptHandle, name: str) -> bytes | None:
        """Reads a file of the attempt's folder."""
        return await asyncio.to_thread(self._of(handle).kept, name, MAX_KEPT_BYTES)

    async def remove(self, handle: AttemptHandle) -> None:
        """Kills what is left of the attempt and deletes its folder."""
        folder = self._of(handle)
        if folder.path.exists():
            await asyncio.to_thread(folder.remove)

    async def list(self, store_id: str) -> tuple[AttemptHandle, ...]:
        """Returns the attempts of a store that have a folder."""
        return await asyncio.to_thread(self._list, store_id)

    def _list(self, store_id: str) -> tuple[AttemptHandle, ...]:
        try:
            paths = sorted(self._folder.glob("jb-*"))
        except OSError as error:
            raise ExecutorError(f"{self._folder} cannot be read: {error.strerror}") from error
        handles = (AttemptFolder(path).handle(store_id) for path in paths)
        return tuple(handle for handle in handles if handle is not None)

    async def close(self) -> None:
        """Does nothing; attempts run on."""

    def _of(self, handle: AttemptHandle) -> AttemptFolder:
        return self._at(handle.run_id, handle.attempt_no)

    def _at(self, run_id: str, attempt_no: int) -> AttemptFolder:
        name = folder_name(run_id, attempt_no)
        if path_problem(name) is not None or "/" in name:
            raise UnsafePath(f"{name!r} is not the name of an attempt", path=name)
        return AttemptFolder(self._folder / name)


def _check_limit(field: str, value: float, most: float | None) -> None:
    if not math.isfinite(value) or value <= 0:
        raise InvalidInput(f"{field} must be above 0, not {value}", field=f"environment.{field}")
    if most is not None and value > most:
        raise NotAllowed(
            f"{field} {value:g}; at most {most:g} is allowed", field=f"environment.{field}"
        )


def _look_around() -> ImageReport:
    # Here, because importing jupyter_client takes a while.
    from jupyter_client.kernelspec import KernelSpecManager

    try:
        papermill = importlib.metadata.version("papermill")
    except importlib.metadata.PackageNotFoundError as error:
        raise ImageUnusable(
            f"{sys.executable} has no papermill; install it: pip install papermill"
        ) from error
    specs = KernelSpecManager().get_all_specs()
    kernels = {name: str(spec["spec"].get("language", "")) for name, spec in specs.items()}
    if not kernels:
        raise ImageUnusable(f"{sys.executable} finds no kernel; install one: pip install ipykernel")
    return ImageReport(python=platform.python_version(), papermill=papermill, kernels=kernels)
