"""Frozen notebooks: the copy that is taken before a run exists."""

from __future__ import annotations

import posixpath

from jupyter_batch.domain.value import Value


class FrozenFile(Value, frozen=True, kw_only=True):
    """A file that is copied along with the notebook."""

    #: Relative to the notebook's folder, with ``/``, never upwards.
    path: str
    content: bytes


class FrozenNotebook(Value, frozen=True, kw_only=True):
    """A notebook and its files, as they were when the run was made."""

    #: As the caller named it, relative to the root.
    path: str
    #: The bytes of the .ipynb file, unchanged.
    content: bytes
    #: SHA-256 of ``content``, in hex.
    sha256: str
    files: tuple[FrozenFile, ...] = ()


def named_from(root: str, path: str, *, stored_root: str) -> str:
    """Returns the path of a notebook relative to another root folder.

    That is its path below that folder, or its absolute path if it lies elsewhere. A path without a
    root is only a label and stays as it is.
    """
    if not root or not stored_root:
        return path
    whole = posixpath.join(stored_root, path)
    return whole.removeprefix(_folder(root)) if is_below(root, whole) else whole


def is_below(root: str, path: str) -> bool:
    """Returns whether an absolute path lies below a folder, by its name."""
    return path.startswith(_folder(root))


def _folder(root: str) -> str:
    return root.rstrip("/") + "/"
