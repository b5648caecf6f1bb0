"""Imports papermill without the modules that a run does not need, to start faster."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types
from contextlib import contextmanager
from typing import Any, Iterator, Optional, Sequence

#: papermill's storage backends and jsonschema's rarer formats; each is optional to them.
_OPTIONAL = frozenset({"azure", "boto3", "gcsfs", "github", "pyarrow", "rfc3987", "rfc3987_syntax"})


class _Absent(importlib.abc.MetaPathFinder):
    def find_spec(
        self, name: str, path: Optional[Sequence[str]] = None, target: Any = None
    ) -> Optional[importlib.machinery.ModuleSpec]:
        if name.partition(".")[0] in _OPTIONAL:
            raise ModuleNotFoundError(f"{name} is left out by the runner", name=name)
        return None


class _Late(types.ModuleType):
    """A module that is imported at the first access to one of its attributes."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


def import_papermill_engine() -> Any:
    """Returns our engine's module, papermill with it; raises ImportError where that is missing."""
    with _lean():
        return importlib.import_module(f"{__name__.rpartition('.')[0]}.papermill_engine")


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Makes modules that are not imported yet appear as not installed."""
    hidden = [name for name in names if name not in sys.modules]
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


@contextmanager
def _lean() -> Iterator[None]:
    # papermill reads notebooks over HTTP with requests; we give it a file.
    requests = _Late("requests")
    # Asking every installed package for plug-ins takes as long as papermill itself; they are
    # engines and storage, and we bring our own.
    entrypoints = _Late("entrypoints")
    entrypoints.get_group_all = lambda group: []  # type: ignore[attr-defined]
    replaced = [m for m in (requests, entrypoints) if m.__name__ not in sys.modules]
    finder = _Absent()
    sys.meta_path.insert(0, finder)
    sys.modules.update({module.__name__: module for module in replaced})
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for module in replaced:
            if sys.modules.get(module.__name__) is module:
                del sys.modules[module.__name__]
