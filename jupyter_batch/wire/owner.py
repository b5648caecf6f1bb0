"""The data folder, and the owner's file in it, with which clients find the owner."""

from __future__ import annotations

import contextlib
import os
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec
from jupyter_core.paths import jupyter_data_dir

OWNER_FILE = "owner.json"
OWNER_LOG = "owner.log"
#: Exit code of a headless owner that has found another in its place (EX_TEMPFAIL).
ANOTHER_OWNS = 75

#: ``jupyter``: a Jupyter server; ``serve``: headless, stays; ``on_demand``: headless, ends when idle.
OwnerKind = Literal["jupyter", "on_demand", "serve"]


class OwnerInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The address of the owner, and the token that it accepts."""

    #: With the base url and a ``/`` at the end; requests go to ``<url>batch/...``.
    url: str
    token: str
    pid: int
    kind: OwnerKind
    version: str
    started_at: datetime
    #: Its own certificate as PEM where it speaks TLS; clients of this machine trust it and no
    #: other.
    certificate: str = ""

    def __repr__(self) -> str:
        return f"OwnerInfo(url={self.url!r}, pid={self.pid}, kind={self.kind!r})"


def default_data_dir() -> Path:
    """Returns ``$JUPYTER_BATCH_DATA``, else ``batch`` in the Jupyter data directory."""
    named = os.environ.get("JUPYTER_BATCH_DATA")
    if named:
        return Path(os.path.expanduser(named)).absolute()
    return Path(jupyter_data_dir()) / "batch"


def read_owner(data_dir: Path) -> OwnerInfo | None:
    """Returns the content of the owner's file, or None where no valid one exists."""
    try:
        return msgspec.json.decode((data_dir / OWNER_FILE).read_bytes(), type=OwnerInfo)
    except (OSError, msgspec.DecodeError):
        return None


def write_owner(data_dir: Path, owner: OwnerInfo) -> None:
    """Puts the file in its place at once, readable by its user only."""
    # mkstemp makes files of mode 0600.
    descriptor, name = tempfile.mkstemp(dir=data_dir, prefix=".owner-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(owner))
        os.replace(name, data_dir / OWNER_FILE)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def remove_owner(data_dir: Path, token: str) -> None:
    """Removes the file if it is still the one with this token."""
    owner = read_owner(data_dir)
    if owner is not None and owner.token == token:
        with contextlib.suppress(OSError):
            (data_dir / OWNER_FILE).unlink()
