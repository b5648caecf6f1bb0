"""Runs one command and records how it ended; outlives the process that started it.

    python -I -S supervisor.py FOLDER PROGRAM [ARGUMENT...]

A program of its own, standard library only: the exit code of an attempt has to survive the
owner's death, and only a parent can read it. It starts the command in ``FOLDER/work``, hands
SIGTERM on to it, ends what the command has left behind, and writes ``FOLDER/exit``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

#: Environment variable by which all processes of an attempt are known; its value is the folder.
MARK = "JUPYTER_BATCH_ATTEMPT_DIR"
EXIT_NAME = "exit"
#: Made by whoever comes first: the supervisor before it starts the command, or an owner that
#: does away with an attempt whose supervisor has not come so far.
CLAIM_NAME = "claim"
WORK_NAME = "work"
#: Added to the number of a signal in the exit code, as shells and container engines do.
_SIGNAL_BASE = 128
_CANNOT_START = 126
#: Come from terminals, which attempts have none of.
_IGNORED = (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)


def main(folder: str, command: list[str]) -> None:
    """Runs the command to its end."""
    try:
        os.setsid()  # a key press in the owner's terminal is not for us
    except PermissionError:
        pass  # we lead a session already
    os.closerange(3, 65536)
    for number in _IGNORED:
        signal.signal(number, signal.SIG_IGN)
    if claim(folder):
        _write_exit(folder, _run(folder, command))


def claim(folder: str) -> bool:
    """Claims the attempt, once; returns whether we have it."""
    path = os.path.join(folder, CLAIM_NAME)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError:
        return False
    os.write(handle, str(os.getpid()).encode())
    os.close(handle)
    return True


def _run(folder: str, command: list[str]) -> int:
    child: subprocess.Popen[bytes] | None = None

    def forward_signal(number: int, frame: FrameType | None) -> None:
        if child is not None:
            child.send_signal(signal.SIGTERM)

    signal.signal(signal.SIGTERM, forward_signal)
    try:
        # Signals are blocked since before we were started, so none comes before there is a child.
        child = subprocess.Popen(
            command, cwd=os.path.join(folder, WORK_NAME), preexec_fn=_fresh_signals
        )
    except OSError as error:
        sys.stderr.write(f"the runner cannot be started: {error}\n")
        return _CANNOT_START
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # the bundle is the child's alone
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    code = child.wait()
    _end_stragglers(folder)
    return _SIGNAL_BASE - code if code < 0 else code


def _fresh_signals() -> None:
    for number in _IGNORED:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])


def _end_stragglers(folder: str) -> None:
    """Kills what still carries the mark, as the end of a container would; Linux only."""
    mark = f"{MARK}={folder}".encode()
    proc = Path("/proc")
    for entry in proc.iterdir() if proc.is_dir() else ():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            if mark in (entry / "environ").read_bytes().split(b"\0"):
                os.kill(int(entry.name), signal.SIGKILL)
        except OSError:
            continue  # it has ended meanwhile, or belongs to another user


def _write_exit(folder: str, code: int) -> None:
    path = os.path.join(folder, EXIT_NAME)
    with open(f"{path}.new", "w", encoding="ascii") as file:
        file.write(str(code))
        file.flush()
        os.fsync(file.fileno())
    os.replace(f"{path}.new", path)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
