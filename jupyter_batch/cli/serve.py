"""``serve``: runs an owner that stays, for a machine without an open JupyterLab."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jupyter_batch.cli.arguments import NOT_SUCCEEDED, SUCCEEDED, add_command
from jupyter_batch.cli.session import Session
from jupyter_batch.cli.subprocesses import folder_of
from jupyter_batch.client.transport.discovery import LocalOwner, is_alive, owner_arguments
from jupyter_batch.errors import Conflict, OwnerUnavailable
from jupyter_batch.wire.owner import ANOTHER_OWNS, OwnerInfo, read_owner

_LEAVE_SECONDS = 30.0
_LOOK_SECONDS = 0.05
#: How often one that waits for its turn looks.
_TURN_SECONDS = 0.25

_EXAMPLES = """\
  jupyter batch serve
  jupyter batch serve --root ~/notebooks

If a Jupyter server owns the data folder, this command waits until that server ends, and then
becomes the owner. A Jupyter server that starts later uses it. Ctrl-C ends it; runs go on, and the
next owner adopts them."""


def add(commands: Any) -> None:
    """Adds the command."""
    parser = add_command(
        commands,
        "serve",
        serve,
        help="run jobs on this machine without JupyterLab",
        epilog=_EXAMPLES,
    )
    parser.add_argument(
        "--root",
        metavar="DIR",
        default="/",
        help="folder that notebook paths start from (default: /)",
    )


def serve(args: argparse.Namespace, session: Session) -> int:
    """Runs an owner until it is stopped; waits first while a Jupyter server is the owner."""
    folder = folder_of(args.data)
    local = LocalOwner(folder)
    root = str(Path(os.path.expanduser(args.root)).absolute())
    command = [sys.executable, "-P", "-m", *owner_arguments(folder, ["--root", root])]
    while True:
        while (owner := _owner_of(local)) is not None:
            _wait_until_free(local, owner, session)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        code = _run(command, local, session, root)
        # Another process was faster: wait for that one.
        if code != ANOTHER_OWNS:
            return SUCCEEDED if code == 0 else NOT_SUCCEEDED


def _owner_of(local: LocalOwner) -> OwnerInfo | None:
    """Returns the owner whose process lives, or that answers though no process of it is seen."""
    owner = read_owner(local.data_dir)
    return owner if owner is not None and is_alive(owner) else local.find()


def _wait_until_free(local: LocalOwner, owner: OwnerInfo, session: Session) -> None:
    """Waits until the owner has ended; asks an on-demand server to end.

    Raises Conflict where ``serve`` runs already, OwnerUnavailable where an on-demand server stays.
    """
    if owner.kind == "serve":
        raise Conflict(
            f"another jupyter batch serve (process {owner.pid}) owns {local.data_dir} already; "
            "it runs what is to run",
            pid=owner.pid,
        )
    if owner.kind == "jupyter":
        session.note(
            f"a Jupyter server (process {owner.pid}) owns {local.data_dir} and runs what is to "
            "run; waiting until it ends (Ctrl-C: do not wait)",
            style="dim",
        )
        while _is_still(local, owner):
            session.sleep(_TURN_SECONDS)
        return
    session.note(f"taking over from the on-demand server (process {owner.pid})", style="dim")
    with contextlib.suppress(ProcessLookupError):
        os.kill(owner.pid, signal.SIGTERM)
    deadline = time.monotonic() + _LEAVE_SECONDS
    while _is_still(local, owner):
        if time.monotonic() > deadline:
            raise OwnerUnavailable(f"the on-demand server (process {owner.pid}) does not end")
        session.sleep(_LOOK_SECONDS)


def _is_still(local: LocalOwner, owner: OwnerInfo) -> bool:
    """Returns whether an owner is there and has not given the store to another."""
    now = _owner_of(local)
    return now is not None and now.token == owner.token


def _run(command: Sequence[str], local: LocalOwner, session: Session, root: str) -> int:
    """Runs the owner's process to its end; returns its exit code."""
    process = subprocess.Popen(command)
    # Ctrl-C reaches both; this one only has to wait for the other.
    before = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    try:
        _introduce(local, process, session, root)
        while True:
            with contextlib.suppress(KeyboardInterrupt):
                return process.wait()
    finally:
        signal.signal(signal.SIGTERM, before)


def _introduce(
    local: LocalOwner, process: subprocess.Popen[bytes], session: Session, root: str
) -> None:
    """Writes the address of the new owner once it answers."""
    with contextlib.suppress(KeyboardInterrupt):
        while process.poll() is None:
            owner = local.find()
            if owner is None or owner.pid != process.pid:
                time.sleep(_LOOK_SECONDS)
                continue
            if session.as_json:
                session.answer(
                    {"url": owner.url, "pid": owner.pid, "data_dir": str(local.data_dir)}
                )
            else:
                session.print(
                    f"serving {local.data_dir} at {owner.url} (process {owner.pid}); "
                    f"notebooks below {root}; Ctrl-C ends it"
                )
            return
