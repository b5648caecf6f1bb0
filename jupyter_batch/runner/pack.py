"""Packs the runner as one file, to be copied into containers."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

#: Its name in the zip application; not ours, so that an installed jupyter_batch is no matter.
_PACKAGE = "jb_runner"
_MAIN = f"from {_PACKAGE}.program import main\n\nmain()\n"
_EPOCH = (1980, 1, 1, 0, 0, 0)


def zipapp_bytes() -> bytes:
    """Returns the runner as a zip application; the same sources give the same bytes."""
    sources = {
        f"{_PACKAGE}/{path.name}": path.read_bytes()
        for path in sorted(Path(__file__).parent.glob("*.py"))
        if path.name not in ("__main__.py", Path(__file__).name)
    }
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {"__main__.py": _MAIN.encode(), **sources}.items():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.external_attr = 0o644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return target.getvalue()
