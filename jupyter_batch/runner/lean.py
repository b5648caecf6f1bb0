"""Imports papermill without what a run does not need: half of a cold run is imports."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from typing import Any, Iterator, Optional, Sequence
from contextlib import contextmanager

#: papermill's storage backends and jsonschema's rarer formats; each is optional to them.
_OPTIONAL = frozenset({"azure", "boto3", "gcsfs", "github", "pyarrow", "rfc3987", "rfc3987_syntax"})
#: Imported by papermill and first used when it reads notebooks over HTTP.
_LATE = ("requests",)


class _Absent(importlib.abc.MetaPathFinder):
    def find_spec(
        self, name: str, path: Optional[Sequence[str]] = None, target: Any = None
    ) -> Optional[importlib.machinery.ModuleSpec]:
        if name.partition(".")[0] in _OPTIONAL:
            raise ModuleNotFoundError(f"{name} is left out by the runner", name=name)
        return None


def import_engine() -> Any:
    """Returns our engine's module, papermill with it; raises ImportError where that is missing."""
    package = __name__.rpartition(".")[0]
    try:
        with _lean():
            return importlib.import_module(f"{package}.engine")
    except ImportError:
        # A plug-in of papermill's may need what was left out.
        for name in [n for n in sys.modules if n.partition(".")[0] in ("papermill", "nbclient")]:
            del sys.modules[name]
        return importlib.import_module(f"{package}.engine")


@contextmanager
def _lean() -> Iterator[None]:
    finder = _Absent()
    sys.meta_path.insert(0, finder)
    for name in _LATE:
        _import_late(name)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def _import_late(name: str) -> None:
    spec = None if name in sys.modules else importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        return
    loader = importlib.util.LazyLoader(spec.loader)
    spec.loader = loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    loader.exec_module(module)
