"""Reads the bundle: a tar stream from stdin, a file or a URL."""

from __future__ import annotations

import io
import json
import os
import select
import tarfile
import time
from typing import Any, BinaryIO, Dict, Optional, cast

from .paths import leads_out, path_problem
from .signing import KEY_SETTING

_BUFFER = 256 * 1024
_URL_TRIES = 5
#: The longest pause of stdin before the bundle counts as not received.
_PATIENCE_SECONDS = 20


class BundleError(Exception):
    """The bundle cannot be read; the message never repeats its source, which may be a token."""


class BundleNotReceived(Exception):
    """Stdin ends or stays silent before the bundle is whole: the sender has died."""


class RunnerBundle:
    """The notebook to run, with its settings, parameters and secrets."""

    def __init__(self, settings: Dict[str, Any], notebook: bytes) -> None:
        self.settings = settings
        self.notebook = notebook
        self.secrets: Dict[str, str] = dict(settings.get("secrets") or {})
        self.parameters: Dict[str, Any] = dict(settings.get("parameters") or {})
        #: The key that signs frames. Removed from the settings, so that nothing passes it on.
        self.frame_key = _key(settings.pop(KEY_SETTING, None))

    def get(self, name: str, default: Any = None) -> Any:
        """Returns a setting; ``default`` where it is missing or null."""
        value = self.settings.get(name)
        return default if value is None else value


def read_bundle(source: Optional[str], folder: str) -> RunnerBundle:
    """Reads a bundle and puts its files into the folder.

    ``source`` is None for stdin, a URL, or a path; a file is removed when it has been read,
    because it has secrets in it. Raises BundleError, and BundleNotReceived where stdin has not given all.
    """
    try:
        with _open(source) as stream:
            bundle = _unpack(stream, folder)
    except BundleError:
        raise
    except tarfile.TarError as error:
        raise BundleError(f"the bundle is no tar stream: {error}") from error
    except (OSError, EOFError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise BundleError(f"the bundle cannot be read: {reason}") from error
    if source is not None and "://" not in source:
        try:
            os.unlink(source)
        except OSError:
            pass  # Its folder may be read-only; the executor that wrote it removes it.
    return bundle


def _open(source: Optional[str]) -> BinaryIO:
    if source is None:
        return cast("BinaryIO", _StdinStream())
    if source.startswith(("http://", "https://")):
        return _fetch(source)
    return open(source, "rb", buffering=0)


class _StdinStream(io.RawIOBase):
    """Stdin, unbuffered: the bundle ends with its archive, not with the end of stdin."""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        is_ready = select.select([0], [], [], _PATIENCE_SECONDS)[0]
        piece = os.read(0, len(buffer)) if is_ready else b""
        if not piece:
            raise BundleNotReceived
        buffer[: len(piece)] = piece
        return len(piece)


def _fetch(url: str) -> BinaryIO:
    import urllib.error
    import urllib.request

    for left in reversed(range(_URL_TRIES)):
        try:
            return cast("BinaryIO", urllib.request.urlopen(url, timeout=60))
        except urllib.error.HTTPError as error:
            error.close()
            raise BundleError(f"the owner answers {error.code} to the bundle's URL") from None
        except OSError as error:
            if not left:
                reason = getattr(error, "reason", None) or error
                raise BundleError(f"the bundle's URL cannot be reached: {reason}") from None
            time.sleep(0.5)
    raise AssertionError("unreachable")


def _unpack(stream: BinaryIO, folder: str) -> RunnerBundle:
    settings: Optional[Dict[str, Any]] = None
    with tarfile.open(fileobj=stream, mode="r|", bufsize=_BUFFER) as archive:
        for member in archive:
            name = member.name
            if member.isdir():
                continue
            content = archive.extractfile(member) if member.isreg() else None
            if content is None:
                raise BundleError(f"{name!r} in the bundle is not a plain file")
            if name == "bundle.json":
                settings = _settings(content.read())
            elif name == "notebook.ipynb":
                if settings is None:
                    raise BundleError("the bundle does not begin with bundle.json")
                # The last member: no need to wait for the padding at the end of the stream.
                return RunnerBundle(settings, content.read())
            elif name.startswith("files/"):
                _put(folder, name[len("files/") :], cast("io.BufferedIOBase", content))
            else:
                raise BundleError(f"{name!r} has no place in a bundle")
    raise BundleError("the bundle has no notebook.ipynb")


def _key(text: Any) -> Optional[bytes]:
    try:
        return bytes.fromhex(text) if text else None
    except (TypeError, ValueError):
        raise BundleError(f"{KEY_SETTING!r} in bundle.json is no key") from None


def _settings(text: bytes) -> Dict[str, Any]:
    try:
        settings = json.loads(text)
    except ValueError as error:
        raise BundleError(f"bundle.json is not JSON: {error}") from None
    if not isinstance(settings, dict):
        raise BundleError("bundle.json is not an object")
    for name, kind in (("parameters", dict), ("env", dict), ("secrets", dict)):
        if not isinstance(settings.get(name) or {}, kind):
            raise BundleError(f"{name!r} in bundle.json is not an object")
    return settings


def _put(folder: str, path: str, content: io.BufferedIOBase) -> None:
    problem = path_problem(path)
    if problem is not None:
        raise BundleError(f"{path!r} is not a path below the working folder: {problem}")
    if leads_out(folder, path):
        raise BundleError(f"{path!r} leads out of the working folder")
    target = os.path.join(folder, *path.split("/"))
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "wb") as file:
        while True:
            piece = content.read(_BUFFER)
            if not piece:
                return
            file.write(piece)
