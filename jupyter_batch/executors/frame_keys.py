"""Derives the keys with which runners sign their frames; see runner/signing.py.

A key is derived from a secret of the data folder and the attempt: nothing of an attempt needs to
be kept, and the next owner can check what an earlier one has started. Where the secret is lost
(it is no part of a backup), attempts that still run are ended as not to be believed.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
import threading
from pathlib import Path

from jupyter_batch.errors import ExecutorError

_NAME = "frames.key"
_BYTES = 32


class FrameKeys:
    """Derives the keys; the secret is read, or made, when the first is asked for."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / _NAME
        self._secret: bytes | None = None
        # Attempts start in threads, several at once.
        self._lock = threading.Lock()

    def of(self, run_id: str, attempt_no: int) -> bytes:
        """Returns the key of an attempt; raises ExecutorError."""
        try:
            with self._lock:
                if self._secret is None:
                    self._secret = _read(self._path) or _make(self._path)
                secret = self._secret
        except OSError as error:
            raise ExecutorError(f"{self._path} cannot be used: {error.strerror}") from error
        return hmac.digest(secret, f"{run_id}/{attempt_no}".encode(), hashlib.sha256)


def _read(path: Path) -> bytes | None:
    try:
        secret = path.read_bytes()
    except FileNotFoundError:
        return None
    return secret if len(secret) == _BYTES else None


def _make(path: Path) -> bytes:
    """Writes a new secret, whole or not at all, for its user only.

    Returns the first secret where several are made at the same time.
    """
    secret = secrets.token_bytes(_BYTES)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{_NAME}-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secret)
            file.flush()
            os.fsync(handle)
        try:
            os.link(name, path)
        except FileExistsError:
            first = _read(path)
            if first is not None:
                return first
            # What is there is no secret: it was cut off.
            os.replace(name, path)
        except OSError:
            # A file system without hard links.
            os.replace(name, path)
    finally:
        with contextlib.suppress(OSError):
            os.unlink(name)
    return secret
