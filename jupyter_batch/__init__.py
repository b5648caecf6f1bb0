"""Run parameterized notebooks in containers of their own, and keep a record of every cell.

import jupyter_batch
run = jupyter_batch.run("report.ipynb", {"alpha": 0.5})
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_batch.client.client import Client
    from jupyter_batch.client.jobs import Job
    from jupyter_batch.client.run import Run
    from jupyter_batch.client.shortcuts import run, submit
    from jupyter_batch.errors import BatchError

__version__ = "0.1.0"

__all__ = ["BatchError", "Client", "Job", "Run", "__version__", "run", "submit"]

#: Where each name comes from; loaded when it is first used, so that the import stays light.
_HOMES = {
    "BatchError": "jupyter_batch.errors",
    "Client": "jupyter_batch.client.client",
    "Job": "jupyter_batch.client.jobs",
    "Run": "jupyter_batch.client.run",
    "run": "jupyter_batch.client.shortcuts",
    "submit": "jupyter_batch.client.shortcuts",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Tells Jupyter Server what to load."""
    # By name: everything imports this package, and only Jupyter may reach up to the extension.
    extension = importlib.import_module("jupyter_batch.extension")
    points: list[dict[str, Any]] = extension._jupyter_server_extension_points()
    return points


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Tells JupyterLab where the built panel is."""
    return [{"src": "labextension", "dest": "jupyter-batch"}]
