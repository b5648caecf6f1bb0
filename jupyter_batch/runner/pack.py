"""Packs the runner as one file, to be copied into containers."""

from __future__ import annotations

import importlib.util
import io
import marshal
import zipfile
from collections.abc import Iterator
from pathlib import Path

#: Its name in the zip application; another than ours, so that it does not shadow jupyter_batch.
_PACKAGE = "jb_runner"
_MAIN = f"from {_PACKAGE}.program import main\n\nmain()\n"
#: The package for kernels without jupyter_batch; see package_shim.py.
_SHIM, _ALONE = "shim/jupyter_batch.py", "shim/alone/jupyter_batch"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def zipapp_bytes() -> bytes:
    """Returns the runner as a zip application.

    The same sources give the same bytes, under one version of Python. Code compiled for that
    version goes along: a container with another one compiles the sources itself, which takes
    it some hundredths of a second.
    """
    members = {"__main__.py": _MAIN.encode()}
    for name, path in _sources(Path(__file__).parent):
        members[name] = source = path.read_bytes()
        members[f"{name}c"] = _compiled(name, source)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.external_attr = 0o644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return target.getvalue()


def _sources(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.glob("*.py")):
        if path.name not in ("__main__.py", "package_shim.py", Path(__file__).name):
            yield f"{_PACKAGE}/{path.name}", path
    yield _SHIM, folder / "package_shim.py"
    whole = folder.parent
    for path in (
        whole / "__init__.py",
        whole / "errors.py",
        *sorted(whole.glob("notebook_api/*.py")),
    ):
        yield f"{_ALONE}/{path.relative_to(whole).as_posix()}", path


def _compiled(name: str, source: bytes) -> bytes:
    """Returns a .pyc that is used without checking its source."""
    # Version 2 of the format has no references, whose use depends on what else is in memory.
    code = marshal.dumps(compile(source, name, "exec", dont_inherit=True), 2)
    unchecked = (1).to_bytes(4, "little")
    return importlib.util.MAGIC_NUMBER + unchecked + importlib.util.source_hash(source) + code
