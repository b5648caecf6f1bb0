"""Freezes notebooks and the files beside them, as they are on disk now."""

from __future__ import annotations

import difflib
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from jupyter_batch.domain.notebook import FrozenFile, FrozenNotebook
from jupyter_batch.domain.paths import path_problem
from jupyter_batch.errors import InvalidInput, NotFound, TooLarge
from jupyter_batch.notebook.patterns import Matcher
from jupyter_batch.notebook.safe_read import OutsideRoot, inside, read_regular

_SUFFIX = ".ipynb"
_MAX_NEAR = 3
_MAX_LOOKED_AT = 2000


class NotebookFreezer:
    """Notebooks below one root folder. All of it blocks: call it in a thread."""

    def __init__(self, root: Path, *, max_bytes: int, is_own: bool = True) -> None:
        """``is_own`` says whether the root is the server's; another one is told by its path."""
        #: As configured; absolute paths are shortened by it.
        self._root = root.absolute()
        self._max_bytes = max_bytes
        self._root_word = "the root folder" if is_own else str(self._root)

    def freeze(
        self, path: str, files: Sequence[str] = (), content: bytes | None = None
    ) -> FrozenNotebook:
        """Reads a notebook, unless ``content`` is given, and the files that match the patterns.

        Does not look into the notebook. With ``content`` the path need not exist and, without
        ``files``, may be any text: it is a label.
        """
        if content is not None and not files:
            self._check_size(len(content), 0)
            return _frozen(_checked(path), content, ())
        name = self._name(path)
        if content is None:
            content = self._read(name)
        self._check_size(len(content), 0)
        return _frozen(name, content, self._files(name, files, len(content)))

    def _name(self, path: str) -> str:
        """Returns the path relative to the root, with ``/``, checked in form only."""
        path = _checked(path)
        pure = PurePosixPath(path)
        if ".." in pure.parts:
            raise _bad(path, f"the path {path!r} has '..' in it; name it from the root folder")
        if pure.is_absolute():
            for root in (self._root, self._real_root()):
                if pure.is_relative_to(root.as_posix()):
                    pure = pure.relative_to(root.as_posix())
                    break
            else:
                pure = self._resolved(path)
        if pure.suffix.lower() != _SUFFIX:
            raise _bad(path, f"{path!r} is not a notebook: its name does not end in {_SUFFIX}")
        return str(pure)

    def _real_root(self) -> Path:
        return self._root.resolve()

    def _resolved(self, path: str) -> PurePosixPath:
        """Resolves an absolute path, which may lead into the root by a link."""
        root = self._real_root()
        real = Path(os.path.realpath(path))
        if not real.is_relative_to(root):
            raise _outside(path)
        return PurePosixPath(real.relative_to(root).as_posix())

    def _read(self, name: str) -> bytes:
        try:
            real = inside(self._real_root(), self._root / name)
            if real.is_dir():
                raise _bad(name, f"{name!r} is a folder, not a notebook")
            content = read_regular(real, limit=self._max_bytes)
        except OutsideRoot as error:
            raise _outside(name) from error
        except (FileNotFoundError, NotADirectoryError) as error:
            raise self._not_found(name) from error
        except InvalidInput as error:
            raise _bad(name, error.message) from error
        except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
            why = getattr(error, "strerror", None) or str(error)
            raise _bad(name, f"the notebook {name!r} cannot be read: {why}") from error
        if content is None:
            self._check_size(self._max_bytes + 1, 0)
            raise AssertionError
        return content

    def _files(self, name: str, patterns: Sequence[str], taken: int) -> tuple[FrozenFile, ...]:
        if not patterns:
            return ()
        root = self._real_root()
        try:
            folder = inside(root, (self._root / name).parent)
        except OutsideRoot as error:
            raise _outside(name) from error
        except OSError as error:
            raise self._not_found(name) from error
        own = PurePosixPath(name).name
        matcher = Matcher(folder)
        found: dict[str, FrozenFile] = {}
        for number, pattern in enumerate(patterns):
            field = f"files.{number}"
            for path in matcher.match(pattern, field):
                if path in found or path == own:
                    continue
                problem = path_problem(path)
                if problem is not None:
                    raise InvalidInput(f"the file {path!r} cannot go along: {problem}", field=field)
                left = self._max_bytes - taken
                content = _read_along(root, folder / path, path, field=field, limit=left)
                if content is None:
                    self._check_size(taken, left + 1, field=field)
                    raise AssertionError
                taken += len(content)
                found[path] = FrozenFile(path=path, content=content)
        return tuple(found.values())

    def _check_size(self, notebook: int, more: int, field: str = "notebook") -> None:
        if notebook + more <= self._max_bytes:
            return
        what = "the notebook and its files are" if more else "the notebook is"
        raise TooLarge(
            f"{what} larger than the limit of {self._max_bytes} bytes (max_bundle_bytes)",
            field=field,
            limit_bytes=self._max_bytes,
        )

    def _not_found(self, name: str) -> NotFound:
        near = self._near(PurePosixPath(name))
        hint = f"; did you mean {' or '.join(repr(one) for one in near)}?" if near else ""
        return NotFound(
            f"there is no notebook {name!r} in {self._root_word}{hint}", field="notebook", near=near
        )

    def _near(self, name: PurePosixPath) -> list[str]:
        """Returns notebooks of the same folder, or of the root, with a name like it."""
        for folder in dict.fromkeys([name.parent, PurePosixPath(".")]):
            try:
                real = inside(self._real_root(), self._root / folder)
                with os.scandir(real) as entries:
                    names = [
                        entry.name.removesuffix(_SUFFIX)
                        for _, entry in zip(range(_MAX_LOOKED_AT), entries, strict=False)
                        if entry.name.endswith(_SUFFIX) and not entry.name.startswith(".")
                    ]
            except (OSError, OutsideRoot):
                continue
            near = difflib.get_close_matches(name.stem, names, n=_MAX_NEAR, cutoff=0.6)
            if near:
                return [str(folder / f"{one}{_SUFFIX}") for one in near]
        return []


def _read_along(root: Path, path: Path, name: str, *, field: str, limit: int) -> bytes | None:
    try:
        return read_regular(inside(root, path), limit=limit)
    except OutsideRoot as error:
        raise InvalidInput(
            f"the file {name!r} is a link that leads outside the root folder", field=field
        ) from error
    except InvalidInput as error:
        raise InvalidInput(f"the file {name!r} is no regular file", field=field) from error
    except (OSError, RuntimeError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise InvalidInput(f"the file {name!r} cannot be read: {why}", field=field) from error


def _frozen(name: str, content: bytes, files: tuple[FrozenFile, ...]) -> FrozenNotebook:
    digest = hashlib.sha256(content).hexdigest()
    return FrozenNotebook(path=name, content=content, sha256=digest, files=files)


def _checked(path: str) -> str:
    if not path.strip() or path in {".", "/"}:
        raise _bad(path, "no notebook is named")
    if "\0" in path or any("\ud800" <= character <= "\udfff" for character in path):
        raise _bad("", "the path of the notebook has a character in it that no path has")
    return path


def _outside(path: str) -> InvalidInput:
    return _bad(path, f"{path!r} is outside the root folder, from which notebooks are named")


def _bad(path: str, message: str) -> InvalidInput:
    return InvalidInput(message, field="notebook", path=path)
