"""``serve``: an owner that stays, for a machine where nobody has JupyterLab open."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from jupyter_batch.cli.arguments import NOT_SUCCEEDED, SUCCEEDED, add_command
from jupyter_batch.cli.engine_side import folder_of
from jupyter_batch.cli.session import Session
from jupyter_batch.client.discovery import LocalOwner, owner_arguments
from jupyter_batch.errors import Conflict, OwnerUnavailable

_LEAVE_SECONDS = 30.0
_LOOK_SECONDS = 0.05

_EXAMPLES = """\
  jupyter batch serve
  jupyter batch serve --root ~/notebooks

It ends with Ctrl-C. What runs then goes on, and the next owner takes it over."""


def add(commands: Any) -> None:
    """Adds the command."""
    parser = add_command(
        commands,
        "serve",
        serve,
        help="run jobs on this machine while nobody has JupyterLab open",
        epilog=_EXAMPLES,
    )
    parser.add_argument(
        "--root", metavar="DIR", default="/", help="notebooks are named from here (default: /)"
    )


def serve(args: argparse.Namespace, session: Session) -> int:
    """Runs an owner until it is told to stop."""
    folder = folder_of(args.data)
    local = LocalOwner(folder)
    _make_way(local, session)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    root = str(Path(args.root).expanduser().absolute())
    command = [sys.executable, "-P", "-m", *owner_arguments(folder, ["--root", root])]
    process = subprocess.Popen(command)
    # Ctrl-C reaches both; this one only has to wait for the other.
    signal.signal(signal.SIGTERM, lambda *_: process.terminate())
    _introduce(local, process, session, root)
    while True:
        with contextlib.suppress(KeyboardInterrupt):
            code = process.wait()
            return SUCCEEDED if code == 0 else NOT_SUCCEEDED


def _make_way(local: LocalOwner, session: Session) -> None:
    """Asks a passing owner to end; raises Conflict where an owner is there to stay."""
    owner = local.find()
    if owner is None:
        return
    if owner.kind != "passing":
        what = "a Jupyter server" if owner.kind == "jupyter" else "another jupyter batch serve"
        raise Conflict(
            f"{what} (process {owner.pid}) owns {local.data_dir} already; it runs what is to run",
            pid=owner.pid,
        )
    session.note(f"taking over from the passing owner (process {owner.pid})", style="dim")
    with contextlib.suppress(ProcessLookupError):
        os.kill(owner.pid, signal.SIGTERM)
    deadline = time.monotonic() + _LEAVE_SECONDS
    while local.find() is not None:
        if time.monotonic() > deadline:
            raise OwnerUnavailable(f"the passing owner (process {owner.pid}) does not end")
        time.sleep(_LOOK_SECONDS)


def _introduce(
    local: LocalOwner, process: subprocess.Popen[bytes], session: Session, root: str
) -> None:
    """Says where the new owner is, once it answers."""
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
                session.say(
                    f"serving {local.data_dir} at {owner.url} (process {owner.pid}); "
                    f"notebooks below {root}; Ctrl-C ends it"
                )
            return
