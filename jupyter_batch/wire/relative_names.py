"""Makes the notebook paths of jobs, runs and sweeps relative to the caller's root."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from jupyter_batch.domain.job import Job
from jupyter_batch.domain.notebook import named_from
from jupyter_batch.domain.run import Run
from jupyter_batch.domain.sweep import Sweep


def seen_from(root: str, value: Any) -> Any:
    """Returns a value with its notebook's path relative to a root, where it has another."""
    if isinstance(value, Job):
        if value.root in ("", root):
            return value
        path = named_from(root, value.notebook, stored_root=value.root)
        return replace(value, notebook=path, root=root)
    if isinstance(value, Run | Sweep):
        notebook = value.notebook
        if notebook.root in ("", root):
            return value
        path = named_from(root, notebook.path, stored_root=notebook.root)
        return replace(value, notebook=replace(notebook, path=path, root=root))
    return value
