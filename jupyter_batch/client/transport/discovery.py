"""Finds the owner of a data folder, or starts an on-demand server."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import httpx
import psutil

from jupyter_batch.client.transport.http_client import Address
from jupyter_batch.client.transport.tls import context_for_owner
from jupyter_batch.errors import OwnerUnavailable, StoreHeld
from jupyter_batch.wire.owner import ANOTHER_OWNS, OWNER_LOG, OwnerInfo, read_owner

#: How long an on-demand server may take to answer.
START_SECONDS = 60.0
#: How long another owner may still take to appear after ours has ended by itself.
_AFTER_EXIT_SECONDS = 3.0
#: After which one is started again where ours has given way to another that does not appear: that
#: one may be slow to open the store, or have died over it.
_AFTER_GIVING_WAY_SECONDS = 15.0
_POLL_SECONDS = 0.05
#: Start times of processes are told with the boot time added, which a corrected clock may move.
_CLOCK_TOLERANCE = 2.0
_TAIL_BYTES, _TAIL_LINES = 4000, 12
_MAX_LOG_BYTES = 1024 * 1024
#: What an owner that cannot start says in its log.
_TOLD = re.compile(r"jupyter_batch cannot start: (?P<why>.+) \((?P<code>\w+)\)$", re.MULTILINE)
#: At the end of what an owner tells when a file of the store is held by no owner.
_HELD = f"({StoreHeld.code})"
_LEAST_FREE_BYTES = 256 * 1024
#: Set by a kernel for itself; a process that outlives it must not take them along.
_OF_A_KERNEL = ("JPY_PARENT_PID", "JPY_SESSION_NAME", "JPY_INTERRUPT_EVENT", "MPLBACKEND")


class StartedOwner(Protocol):
    """An owner that has been started as a process of its own."""

    def poll(self) -> int | None:
        """Returns its exit code, or None while it runs."""

    def terminate(self) -> None:
        """Asks it to end."""


Starter = Callable[[Path], StartedOwner]


class LocalOwner:
    """The owner of a data folder of this machine, whoever that is now."""

    def __init__(
        self,
        data_dir: Path,
        *,
        start: Starter | None = None,
        transport: httpx.BaseTransport | None = None,
        patience_seconds: float = START_SECONDS,
        after_exit_seconds: float = _AFTER_EXIT_SECONDS,
        may_start: bool = True,
    ) -> None:
        self.data_dir = data_dir
        self._start = start or start_on_demand_owner
        self._transport = transport
        self._patience = patience_seconds
        self._after_exit = after_exit_seconds
        self._may_start = may_start
        #: Why the owner that the file names did not answer when it was last asked.
        self._silence = ""

    def locate(self, *, stale: Address | None = None) -> Address:
        """Returns the address of an owner that answers; starts one where none does.

        Of several that want to start one at the same time, one does. Raises OwnerUnavailable.
        """
        owner = self.find()
        if owner is not None:
            return _address(owner)
        if not self._may_start:
            raise OwnerUnavailable(
                f"no owner of {self.data_dir} answers", data_dir=str(self.data_dir)
            )
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _one_at_a_time(self.data_dir / "starting.lock"):
                return _address(self._find_or_start())
        except OSError as error:
            raise OwnerUnavailable(
                f"the data folder {self.data_dir} cannot be used: {error.strerror or error}; "
                "set JUPYTER_BATCH_DATA to a folder that you can write to",
                data_dir=str(self.data_dir),
            ) from error

    def find(self) -> OwnerInfo | None:
        """Returns the owner that answers now, or None."""
        owner = read_owner(self.data_dir)
        return owner if owner is not None and self._answers(owner) else None

    def _find_or_start(self) -> OwnerInfo:
        deadline = time.monotonic() + self._patience
        log = self.data_dir / OWNER_LOG
        # One that lives but does not answer holds the store: wait for it, do not start another.
        started: StartedOwner | None = None
        log_start = _size(log)
        ended_at: float | None = None
        while True:
            owner = self.find()
            if owner is not None:
                return owner
            known = read_owner(self.data_dir)
            if started is None and not (known is not None and is_alive(known)):
                log_start = _size(log)
                started = self._start(self.data_dir)
            now = time.monotonic()
            code = started.poll() if started is not None else None
            if code is not None:
                ended_at = ended_at or now
                if _HELD in _tail(log, log_start):
                    # No other owner can start either.
                    deadline = now
                elif code != ANOTHER_OWNS:
                    deadline = min(deadline, ended_at + self._after_exit)
                elif now > ended_at + _AFTER_GIVING_WAY_SECONDS:
                    started = code = ended_at = None
            if now >= deadline:
                if started is not None and code is None:
                    started.terminate()
                raise self._unavailable(known, code, _tail(log, log_start))
            time.sleep(_POLL_SECONDS)

    def _answers(self, owner: OwnerInfo) -> bool:
        headers = {"Authorization": f"token {owner.token}"}
        self._silence = ""
        try:
            with httpx.Client(
                transport=self._transport,
                trust_env=False,
                timeout=5.0,
                verify=context_for_owner(owner.url, owner.certificate),
            ) as http:
                # Not its health: that waits for a container engine that may not answer.
                url = f"{owner.url.rstrip('/')}/batch/runs?limit=1"
                answer = http.get(url, headers=headers)
        except (httpx.TransportError, httpx.InvalidURL, ssl.SSLError) as error:
            self._silence = str(error) or type(error).__name__
            return False
        # Somebody else may live at the address of an owner that is gone.
        if answer.is_success and "X-Jupyter-Batch" in answer.headers:
            return True
        self._silence = f"what answers there is not the owner: HTTP {answer.status_code}"
        return False

    def _unavailable(
        self, known: OwnerInfo | None, exit_code: int | None, tail: str
    ) -> OwnerUnavailable:
        told = _TOLD.search(tail)
        if exit_code is not None and told is not None:
            # What it said itself says what to do; the log would only bury it.
            return OwnerUnavailable(
                f"no owner can start: {told['why']}",
                data_dir=str(self.data_dir),
                log_tail=tail,
                cause=told["code"],
            )
        if exit_code == ANOTHER_OWNS:
            what = f"another process has {self.data_dir} open, but does not answer"
        elif exit_code is not None:
            what = f"the owner that was started ended by itself (exit code {exit_code})"
        elif known is not None and is_alive(known):
            why = f" ({self._silence})" if self._silence else ""
            what = (
                f"process {known.pid} owns {self.data_dir} but does not answer at {known.url}{why}; "
                "it may be starting, or busy: try again, and look at what it logs"
            )
        else:
            what = f"an owner was started but did not answer within {self._patience:g} s"
        advice = f"its log: {self.data_dir / OWNER_LOG}; 'jupyter batch doctor' says more"
        if _is_full(self.data_dir):
            what = f"no space is left in the data folder {self.data_dir}: free some; {what}"
        message = f"{what}; {advice}" + (f"\n{tail}" if tail else "")
        return OwnerUnavailable(message, data_dir=str(self.data_dir), log_tail=tail)


def start_on_demand_owner(data_dir: Path, *, python: str = sys.executable) -> StartedOwner:
    """Starts a headless owner that ends by itself when it is idle; it outlives this process."""
    log = data_dir / OWNER_LOG
    if _size(log) > _MAX_LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    # -P: a file of the user's must not stand in for a module because of its folder.
    command = [python, "-P", "-m", *owner_arguments(data_dir, ["--on-demand"])]
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            cwd=data_dir,
            env=_surroundings(os.environ),
            start_new_session=True,
        )
    finally:
        os.close(descriptor)
    # Somebody has to take its exit code, or it stays behind as a zombie.
    threading.Thread(target=process.wait, name="jupyter-batch-owner", daemon=True).start()
    return process


def owner_arguments(data_dir: Path, more: Sequence[str] = ()) -> list[str]:
    """Returns what comes after ``python -m`` to run a headless owner."""
    return ["jupyter_batch.headless", "--data", str(data_dir), *more]


def _surroundings(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name not in _OF_A_KERNEL}


@contextlib.contextmanager
def _one_at_a_time(path: Path) -> Iterator[None]:
    """Holds a lock of one process at a time; the system releases it when a process dies."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _address(owner: OwnerInfo) -> Address:
    return Address(url=owner.url, token=owner.token, certificate=owner.certificate, is_local=True)


def is_alive(owner: OwnerInfo) -> bool:
    """Returns whether the process that wrote the file lives, and not another of the same number."""
    try:
        process = psutil.Process(owner.pid)
        created = process.create_time()
        if process.status() == psutil.STATUS_ZOMBIE:
            # It has ended and let go of the store; whoever started it does not ask how.
            return False
    except psutil.AccessDenied:
        return True
    except (psutil.Error, OverflowError, ValueError):
        return False
    return created <= owner.started_at.timestamp() + _CLOCK_TOLERANCE


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _is_full(folder: Path) -> bool:
    """Returns whether an owner could not even write down why it has ended."""
    try:
        return shutil.disk_usage(folder).free < _LEAST_FREE_BYTES
    except OSError:
        return False


def _tail(log: Path, start: int) -> str:
    """Returns the end of what has been written to the log since a position."""
    try:
        with log.open("rb") as file:
            file.seek(max(start, _size(log) - _TAIL_BYTES))
            lines = file.read().decode(errors="replace").strip().splitlines()
            return "\n".join(lines[-_TAIL_LINES:])
    except OSError:
        return ""
