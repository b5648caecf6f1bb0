"""Reads secrets from a file of the administrator."""

from __future__ import annotations

import asyncio
import logging
import stat
from collections.abc import Sequence
from pathlib import Path

from jupyter_batch.domain.secret_text import BadSecrets, read_secrets, weakness, why_too_short
from jupyter_batch.errors import InvalidInput, NotAllowed

_log = logging.getLogger(__name__)


class FileSecrets:
    """Reads a file that only its user can read, anew each time."""

    def __init__(self, path: str | None) -> None:
        self._path = Path(path) if path else None
        self._warned: dict[str, str] = {}

    async def get(self, names: Sequence[str], *, user: str) -> dict[str, str]:
        """Returns the values; raises InvalidInput naming the first one that cannot be used."""
        if not names:
            return {}
        known = await asyncio.to_thread(self._read)
        for name in names:
            if name not in known:
                raise InvalidInput(
                    f"there is no secret {name!r}; the administrator sets secrets in the file "
                    "that the setting secrets_file names",
                    field="environment.secrets",
                )
            if (problem := why_too_short(known[name])) is not None:
                raise InvalidInput(
                    f"{name!r} cannot be a secret: {problem}; give it as a variable",
                    field="environment.secrets",
                )
        return {name: known[name] for name in names}

    async def names(self, *, user: str) -> tuple[str, ...]:
        """Returns all names in order; raises NotAllowed as ``get`` does."""
        return tuple(sorted(await asyncio.to_thread(self._read)))

    async def weaknesses(self, *, user: str) -> dict[str, str]:
        """Returns by name what masking does to other texts, where it does; raises NotAllowed."""
        return _weaknesses(await asyncio.to_thread(self._read))

    def _read(self) -> dict[str, str]:
        if self._path is None or not self._path.exists():
            return {}
        if self._path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise NotAllowed(
                f"the secrets file {self._path} can be read by others; run: chmod 600 {self._path}"
            )
        try:
            secrets = read_secrets(_text(self._path.read_bytes()))
        except BadSecrets as error:
            raise NotAllowed(f"the secrets file {self._path} cannot be used: {error}") from None
        weak = _weaknesses(secrets)
        for name in weak.keys() - self._warned.keys():
            _log.warning("The secret %s is weak: %s", name, weak[name])
        self._warned = weak
        return secrets


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        # Its context has what stands in the file.
        line = data.count(b"\n", 0, error.start) + 1
    raise BadSecrets(line, "is no UTF-8")


def _weaknesses(secrets: dict[str, str]) -> dict[str, str]:
    found = {name: weakness(value) for name, value in sorted(secrets.items())}
    return {name: text for name, text in found.items() if text is not None}
