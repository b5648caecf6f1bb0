"""Run parameterized notebooks in containers of their own, and keep a record of every cell.

>>> import jupyter_batch as jb
>>> run = jb.run("report.ipynb", {"alpha": 0.5})
>>> run.succeeded
True
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_batch import widgets
    from jupyter_batch.client.artifacts import Artifact
    from jupyter_batch.client.client import Client
    from jupyter_batch.client.job import Job, JobList
    from jupyter_batch.client.jobs import Jobs
    from jupyter_batch.client.run import Run
    from jupyter_batch.client.run_list import RunList
    from jupyter_batch.client.runs import Runs
    from jupyter_batch.client.shortcuts import get, results, run, schedule, sql, submit, sweep, use
    from jupyter_batch.client.sweep import Sweep
    from jupyter_batch.client.sweeps import SweepList, Sweeps
    from jupyter_batch.client.tables import Table
    from jupyter_batch.errors import BatchError
    from jupyter_batch.notebook_api import Current, Track, current, record, track

    jobs: Jobs
    runs: Runs
    sweeps: Sweeps

__version__ = "0.1.0"

__all__ = [
    "Artifact",
    "BatchError",
    "Client",
    "Current",
    "Job",
    "JobList",
    "Run",
    "RunList",
    "Sweep",
    "SweepList",
    "Table",
    "Track",
    "__version__",
    "current",
    "get",
    "jobs",
    "record",
    "results",
    "run",
    "runs",
    "schedule",
    "sql",
    "submit",
    "sweep",
    "sweeps",
    "track",
    "use",
    "widgets",
]

#: Where each name comes from; loaded when it is first used, so that the import stays light.
_HOMES = {
    "Artifact": "jupyter_batch.client.artifacts",
    "BatchError": "jupyter_batch.errors",
    "Client": "jupyter_batch.client.client",
    "Current": "jupyter_batch.notebook_api",
    "Job": "jupyter_batch.client.job",
    "JobList": "jupyter_batch.client.job",
    "Run": "jupyter_batch.client.run",
    "RunList": "jupyter_batch.client.run_list",
    "Sweep": "jupyter_batch.client.sweep",
    "SweepList": "jupyter_batch.client.sweeps",
    "Table": "jupyter_batch.client.tables",
    "Track": "jupyter_batch.notebook_api",
    "current": "jupyter_batch.notebook_api",
    "get": "jupyter_batch.client.shortcuts",
    "record": "jupyter_batch.notebook_api",
    "results": "jupyter_batch.client.shortcuts",
    "run": "jupyter_batch.client.shortcuts",
    "schedule": "jupyter_batch.client.shortcuts",
    "sql": "jupyter_batch.client.shortcuts",
    "submit": "jupyter_batch.client.shortcuts",
    "sweep": "jupyter_batch.client.shortcuts",
    "track": "jupyter_batch.notebook_api",
    "use": "jupyter_batch.client.shortcuts",
}
#: What the client has at hand; asked for anew each time, as the client may change.
_OF_THE_CLIENT = ("jobs", "runs", "sweeps")


def __getattr__(name: str) -> Any:
    if name not in _HOMES and name not in _OF_THE_CLIENT and name != "widgets":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        if name == "widgets":
            return importlib.import_module("jupyter_batch.widgets")
        if name in _OF_THE_CLIENT:
            shortcuts = importlib.import_module("jupyter_batch.client.shortcuts")
            return getattr(shortcuts.default_client(), name)
        value = getattr(importlib.import_module(_HOMES[name]), name)
    except ModuleNotFoundError as error:
        # In a job's image there may be no more of us than notebooks need inside of a run.
        raise ImportError(
            f"jupyter_batch.{name} needs {error.name}, which is not installed here; in a run, "
            "use an image that has it: jupyter batch image build --like-this-environment"
        ) from error
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Returns the server extension's entry points for Jupyter Server."""
    # By name: everything imports this package, and only Jupyter may reach up to the extension.
    extension = importlib.import_module("jupyter_batch.extension")
    points: list[dict[str, Any]] = extension._jupyter_server_extension_points()
    return points


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Returns the place of the built panel for JupyterLab."""
    return [{"src": "labextension", "dest": "jupyter-batch"}]
