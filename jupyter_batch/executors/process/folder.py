"""The folder of an attempt, with everything to find it again. All functions block."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import stat
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec
import psutil
from msgspec.structs import replace

from jupyter_batch.executors.process.supervisor import (
    CLAIM_NAME,
    EXIT_NAME,
    MARK,
    WORK_NAME,
    claim,
)
from jupyter_batch.ports import AttemptEnding, AttemptHandle, AttemptSpec
from jupyter_batch.runner.spool import FOLDER_VARIABLE

_RECORD = "attempt.json"
#: How the name of the runner's file begins.
RUNNER_NAME = "jb-runner-"
#: The runner's folder for files that must survive its death.
_KEPT_NAME = "kept"
#: Start times are told with the boot time added, which a corrected clock may move.
_START_TOLERANCE = 2.0
_KILL_ROUNDS = 3
_KILL_SECONDS = 1.0
_HELD = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)
_SUPERVISOR = str(Path(__file__).with_name("supervisor.py"))


def folder_name(run_id: str, attempt_no: int) -> str:
    """Returns the name of the folder of an attempt."""
    return f"jb-{run_id}-{attempt_no}"


class _Record(msgspec.Struct, frozen=True):
    store_id: str
    run_id: str
    attempt_no: int
    #: 0 until the process has been started, and where the owner died just then.
    pid: int = 0
    #: Seconds since the epoch; a later process of the same number has another.
    started_at: float = 0.0
    is_signed: bool = False


class AttemptFolder:
    """One attempt on disk: its work folder, its two logs, its record and its exit code."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def stdout(self) -> Path:
        """Returns the frames, the durable queue of the attempt."""
        return self.path / "stdout"

    @property
    def stderr(self) -> Path:
        """Returns the log."""
        return self.path / "stderr"

    def is_there(self) -> bool:
        """Returns whether an attempt has been started here."""
        record = self._record()
        return record is not None and (record.pid != 0 or self._claimed_by() is not None)

    def handle(self, store_id: str | None = None) -> AttemptHandle | None:
        """Returns the handle; None where there is no attempt, or one of another store."""
        record = self._record()
        if record is None or store_id not in (None, record.store_id):
            return None
        if folder_name(record.run_id, record.attempt_no) != self.path.name:
            return None  # The notebook, which runs as our user, has written it anew.
        return AttemptHandle(
            run_id=record.run_id,
            attempt_no=record.attempt_no,
            container_id=f"{record.pid}@{record.started_at:.2f}",
            is_signed=record.is_signed,
        )

    def start(
        self, spec: AttemptSpec, command: list[str], bundle: Iterable[bytes], *, is_signed: bool
    ) -> None:
        """Starts a command under a supervisor, which hands it the bundle as its stdin."""
        record = _Record(spec.store_id, spec.run_id, spec.attempt_no, is_signed=is_signed)
        if not self._make():
            return
        self._write_record(record)
        # Has no name on disk: the secrets in it are gone with its last reader.
        with tempfile.TemporaryFile(dir=self.path, buffering=0) as given:
            for piece in bundle:
                _write(given.fileno(), piece)
            given.seek(0)
            pid = self._spawn(given.fileno(), command)
        started_at = psutil.Process(pid).create_time()
        self._write_record(replace(record, pid=pid, started_at=started_at))

    def _write_record(self, record: _Record) -> None:
        fresh = self.path / f"{_RECORD}.new"
        fresh.write_bytes(msgspec.json.encode(record))
        fresh.replace(self.path / _RECORD)

    def _make(self) -> bool:
        """Makes the folder; returns False where an earlier start has got through after all."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if self.path.exists():
            # Of a start that was cut short. Its supervisor may be about to begin: it does not
            # once we have the claim.
            if not claim(str(self.path)):
                return False
            self.remove()
        self.path.mkdir(mode=stat.S_IRWXU)
        (self.path / WORK_NAME).mkdir()
        (self.path / _KEPT_NAME).mkdir()
        return True

    def _spawn(self, stdin: int, command: list[str]) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        mode = stat.S_IRUSR | stat.S_IWUSR
        kept = str(self.path / _KEPT_NAME)
        env = {**os.environ, MARK: str(self.path), FOLDER_VARIABLE: kept}
        env.pop("JPY_PARENT_PID", None)
        # Not Popen, which wants to see the end of its child and warns if it may not.
        return os.posix_spawn(
            sys.executable,
            [sys.executable, "-I", "-S", _SUPERVISOR, str(self.path), *command],
            env,
            file_actions=[
                (os.POSIX_SPAWN_DUP2, stdin, 0),
                (os.POSIX_SPAWN_OPEN, 1, str(self.stdout), flags, mode),
                (os.POSIX_SPAWN_OPEN, 2, str(self.stderr), flags, mode),
            ],
            setsigmask=_HELD,
        )

    def ending(self) -> AttemptEnding | None:
        """Returns how the attempt has ended; None while it runs. Raises FileNotFoundError."""
        code = self._exit_code()
        if code is None:
            if self.path.exists() and not self.is_there():
                return AttemptEnding(error="the process was never started", never_started=True)
            if self.is_alive():
                return None
            code = self._exit_code()  # written between the two looks
        if code is not None:
            return AttemptEnding(exit_code=code)
        if not self.path.exists():
            raise FileNotFoundError(self.path)
        return AttemptEnding(error="the process that watched over the attempt was killed")

    def kept(self, name: str, max_bytes: int) -> bytes | None:
        """Returns a file that the runner keeps; None where there is none, or a larger one."""
        # The notebook may have put anything in its place, such as a pipe that would block.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
        try:
            file = os.open(self.path / _KEPT_NAME / name, flags)
        except OSError:
            return None
        with os.fdopen(file, "rb") as content:
            status = os.fstat(file)
            if not stat.S_ISREG(status.st_mode) or status.st_size > max_bytes:
                return None
            return content.read()

    def has_exit_code(self) -> bool:
        """Returns whether the attempt has ended in order; a cheap check."""
        return (self.path / EXIT_NAME).exists()

    def is_alive(self) -> bool:
        """Returns whether the supervisor runs."""
        return self._supervisor() is not None

    def terminate(self) -> None:
        """Sends SIGTERM to the command."""
        supervisor = self._supervisor()
        if supervisor is not None:
            with contextlib.suppress(psutil.Error):
                supervisor.terminate()

    def kill(self, *, with_supervisor: bool) -> None:
        """Kills all processes of the attempt; the supervisor may stay to write the exit code."""
        supervisor = self._supervisor()
        spared = supervisor.pid if supervisor and not with_supervisor else None
        found = self._members()
        if supervisor is not None:
            with contextlib.suppress(psutil.Error):
                found += [supervisor, *supervisor.children(recursive=True)]
        for _ in range(_KILL_ROUNDS):
            members = {one.pid: one for one in found if one.pid != spared}
            for process in members.values():
                with contextlib.suppress(psutil.Error):
                    process.kill()
            if not members:
                break
            _wait_until_dead(members.values())
            found = self._members()  # born while we were killing

    def remove(self) -> None:
        """Kills what is left and deletes the folder."""
        self.kill(with_supervisor=True)
        self._reap()
        shutil.rmtree(self.path, onerror=_make_writable_and_retry)

    def _members(self) -> list[psutil.Process]:
        """Finds the processes by their mark, as kernels have sessions of their own.

        The runner lets nobody but root read its mark (runner/shielding.py). It is known by its
        session, which is its supervisor's, and its command.
        """
        found = []
        record = self._record()
        session = (record.pid if record is not None else 0) or self._claimed_by() or 0
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                try:
                    is_ours = process.environ().get(MARK) == str(self.path)
                except psutil.AccessDenied:
                    is_ours = bool(session) and _is_runner(process, session)
                if is_ours:
                    found.append(process)
        return found

    def _supervisor(self) -> psutil.Process | None:
        record = self._record()
        if record is None:
            return None
        try:
            if record.pid == 0:
                return self._claimer()
            process = psutil.Process(record.pid)
            if abs(process.create_time() - record.started_at) > _START_TOLERANCE:
                return None
            if process.status() == psutil.STATUS_ZOMBIE:
                self._reap()
                return None
        except psutil.Error:
            return None
        return process

    def _claimer(self) -> psutil.Process | None:
        """Finds the supervisor of an owner that died before it had put its number down."""
        pid = self._claimed_by()
        if not pid:
            return None
        process = psutil.Process(pid)
        return process if process.environ().get(MARK) == str(self.path) else None

    def _claimed_by(self) -> int | None:
        """Returns the number of the supervisor, 0 while it is written; None before there is one."""
        try:
            return int((self.path / CLAIM_NAME).read_text() or 0)
        except (OSError, ValueError):
            return None

    def _reap(self) -> None:
        """Reaps a supervisor that is our own child."""
        record = self._record()
        if record is not None and record.pid:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(record.pid, os.WNOHANG)

    def _record(self) -> _Record | None:
        try:
            return msgspec.json.decode((self.path / _RECORD).read_bytes(), type=_Record)
        except (OSError, msgspec.DecodeError):
            return None

    def _exit_code(self) -> int | None:
        try:
            return int((self.path / EXIT_NAME).read_text())
        except (OSError, ValueError):
            return None


def _is_runner(process: psutil.Process, session: int) -> bool:
    is_there = os.getsid(process.pid) == session and process.uids().real == os.getuid()
    return is_there and any(RUNNER_NAME in word for word in process.cmdline())


def _wait_until_dead(processes: Iterable[psutil.Process]) -> None:
    """Returns when all are dead, reaped or not: some machines have no init that would reap."""
    deadline = time.monotonic() + _KILL_SECONDS
    for process in processes:
        with contextlib.suppress(psutil.Error):
            while process.status() != psutil.STATUS_ZOMBIE and time.monotonic() < deadline:
                time.sleep(0.005)


def _write(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def _make_writable_and_retry(function: object, path: str, error: object) -> None:
    """Notebooks may leave folders that nobody may write to; what cannot be deleted stays."""
    with contextlib.suppress(OSError):
        os.chmod(os.path.dirname(path), stat.S_IRWXU)
        os.chmod(path, stat.S_IRWXU)
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path, ignore_errors=True)
        else:
            os.unlink(path)
