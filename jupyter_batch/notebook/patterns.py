"""Finds the files that go along with a notebook by glob patterns."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from jupyter_batch.errors import InvalidInput, TooLarge

_MAGIC = frozenset("*?[")
_LEFT_OUT = frozenset({"__pycache__"})
#: Entries that a pattern may look at: ``**`` in a home folder must not take minutes.
_MAX_SEEN = 200_000
_MAX_FILES = 10_000


class Matcher:
    """Matches patterns below one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen = 0

    def match(self, pattern: str, field: str) -> list[str]:
        """Returns the files that match, relative to the folder with ``/``, sorted.

        ``**`` stands for any number of folders (links to folders are not followed there); a
        pattern that names a folder takes all below it. Hidden names and ``__pycache__`` match
        only where the pattern spells them. Raises InvalidInput, TooLarge.
        """
        parts = _parts(pattern, field)
        try:
            found = {"/".join(path) for path in self._walk(self._folder, parts, ())}
        except _TooMany as error:
            raise TooLarge(
                f"the pattern {pattern!r} looks at more than {_MAX_SEEN} files; be more specific",
                field=field,
                pattern=pattern,
            ) from error
        except OSError as error:
            raise InvalidInput(
                f"the pattern {pattern!r} meets a folder that cannot be read: {error.strerror}",
                field=field,
                pattern=pattern,
            ) from error
        if not found:
            raise InvalidInput(
                f"the pattern {pattern!r} matches no file beside the notebook",
                field=field,
                pattern=pattern,
            )
        if len(found) > _MAX_FILES:
            raise TooLarge(
                f"the pattern {pattern!r} matches {len(found)} files; at most {_MAX_FILES} go along",
                field=field,
                pattern=pattern,
            )
        return sorted(found)

    def _walk(
        self, folder: Path, parts: tuple[str, ...], above: tuple[str, ...]
    ) -> Iterator[tuple[str, ...]]:
        part, rest = parts[0], parts[1:]
        if part == "**":
            yield from self._walk(folder, rest or ("*",), above)
            for entry in self._entries(folder):
                if entry.is_dir(follow_symlinks=False) and not _is_left_out(entry.name):
                    yield from self._walk(folder / entry.name, parts, (*above, entry.name))
            return
        for name in self._named(folder, part):
            path = (*above, name)
            below = folder / name
            is_folder = below.is_dir()
            if rest and is_folder:
                yield from self._walk(below, rest, path)
            elif not rest and not is_folder:
                yield path
            elif not rest and not _MAGIC & set(part):
                yield from self._walk(below, ("**", "*"), path)

    def _named(self, folder: Path, part: str) -> Iterator[str]:
        if os.path.lexists(folder / part):
            yield part
        if _MAGIC & set(part):
            for entry in self._entries(folder):
                name = entry.name
                is_meant = part.startswith(".") or not _is_left_out(name)
                if is_meant and name != part and fnmatchcase(name, part):
                    yield name

    def _entries(self, folder: Path) -> list[os.DirEntry[str]]:
        with os.scandir(folder) as entries:
            found = list(entries)
        self._seen += len(found)
        if self._seen > _MAX_SEEN:
            raise _TooMany
        return found


class _TooMany(Exception):
    pass


def _is_left_out(name: str) -> bool:
    return name.startswith(".") or name in _LEFT_OUT


def _parts(pattern: str, field: str) -> tuple[str, ...]:
    parts = tuple(part for part in pattern.split("/") if part not in ("", "."))
    if not parts:
        why = "names nothing"
    elif "\0" in pattern:
        why = "has a NUL character in it"
    elif pattern.startswith(("/", "~")):
        why = "is absolute; patterns are relative to the notebook's folder"
    elif ".." in parts:
        why = "leads upwards ('..'); files come from the notebook's folder and below"
    else:
        # ``**/**`` finds what ``**`` finds, only slower.
        return tuple(
            part for n, part in enumerate(parts) if part != "**" or parts[n - 1 : n] != ("**",)
        )
    raise InvalidInput(f"the pattern {pattern!r} {why}", field=field, pattern=pattern)
