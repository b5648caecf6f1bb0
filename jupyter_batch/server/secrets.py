"""Secrets from a file of the administrator's."""

from __future__ import annotations

import asyncio
import stat
from collections.abc import Sequence
from pathlib import Path

from jupyter_batch.errors import InvalidInput, NotAllowed


class FileSecrets:
    """Reads ``NAME=value`` lines from a file that only its user can read, anew each time."""

    def __init__(self, path: str | None) -> None:
        self._path = Path(path) if path else None

    async def get(self, names: Sequence[str], *, user: str) -> dict[str, str]:
        """Returns the values; raises InvalidInput naming the first one that is unknown."""
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
        return {name: known[name] for name in names}

    async def names(self, *, user: str) -> tuple[str, ...]:
        """Returns the names that there are, in order; raises NotAllowed as ``get`` does."""
        return tuple(sorted(await asyncio.to_thread(self._read)))

    def _read(self) -> dict[str, str]:
        if self._path is None or not self._path.exists():
            return {}
        if self._path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise NotAllowed(
                f"the secrets file {self._path} can be read by others; run: chmod 600 {self._path}"
            )
        pairs: dict[str, str] = {}
        for line in self._path.read_text(encoding="utf-8").splitlines():
            name, found, value = line.partition("=")
            if found and name.strip() and not name.lstrip().startswith("#"):
                pairs[name.strip()] = value.strip()
        return pairs
