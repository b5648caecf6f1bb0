"""The one table of routes and handlers, for tornado and for OpenAPI."""

from __future__ import annotations

import re
from typing import Any

from jupyter_server.utils import url_path_join
from tornado.web import Application

from jupyter_batch.server.backup import BackupHandler
from jupyter_batch.server.events import EventsHandler, RunEventsHandler
from jupyter_batch.server.gateway import Gateway
from jupyter_batch.server.handler import GATEWAY, BatchHandler
from jupyter_batch.server.imports import ImportedRunsHandler
from jupyter_batch.server.jobs import JobCheckHandler, JobHandler, JobRunsHandler, JobsHandler
from jupyter_batch.server.meta import (
    HealthHandler,
    ParametersHandler,
    SecretsHandler,
    UnknownHandler,
)
from jupyter_batch.server.openapi import OpenApiHandler
from jupyter_batch.server.records import (
    ArtifactHandler,
    ArtifactsHandler,
    CellsHandler,
    LogHandler,
    NotebookHandler,
    OutputsHandler,
)
from jupyter_batch.server.results import ResultsHandler, RunResultsHandler, SqlHandler
from jupyter_batch.server.runs import (
    CancelHandler,
    RetryHandler,
    RunCheckHandler,
    RunHandler,
    RunsHandler,
)
from jupyter_batch.server.schedules import (
    BackfillHandler,
    PauseHandler,
    PreviewHandler,
    ResumeHandler,
    UpcomingHandler,
)
from jupyter_batch.server.sweeps import (
    CancelSweepHandler,
    RetrySweepHandler,
    SweepHandler,
    SweepsHandler,
)

#: Below ``<base_url>batch/``.
ROUTES: dict[str, type[BatchHandler]] = {
    "jobs": JobsHandler,
    "jobs/check": JobCheckHandler,
    "jobs/{job_id}": JobHandler,
    "jobs/{job_id}/runs": JobRunsHandler,
    "jobs/{job_id}/pause": PauseHandler,
    "jobs/{job_id}/resume": ResumeHandler,
    "jobs/{job_id}/upcoming": UpcomingHandler,
    "jobs/{job_id}/backfill": BackfillHandler,
    "schedules/preview": PreviewHandler,
    "sweeps": SweepsHandler,
    "sweeps/{sweep_id}": SweepHandler,
    "sweeps/{sweep_id}/cancel": CancelSweepHandler,
    "sweeps/{sweep_id}/retry": RetrySweepHandler,
    "runs": RunsHandler,
    "runs/check": RunCheckHandler,
    "runs/{run_id}": RunHandler,
    "runs/{run_id}/cancel": CancelHandler,
    "runs/{run_id}/retry": RetryHandler,
    "runs/{run_id}/notebook": NotebookHandler,
    "runs/{run_id}/cells": CellsHandler,
    "runs/{run_id}/outputs": OutputsHandler,
    "runs/{run_id}/logs": LogHandler,
    "runs/{run_id}/artifacts": ArtifactsHandler,
    "runs/{run_id}/artifacts/{path}": ArtifactHandler,
    "runs/{run_id}/events": RunEventsHandler,
    "runs/{run_id}/results": RunResultsHandler,
    "results": ResultsHandler,
    "sql": SqlHandler,
    "events": EventsHandler,
    "notebooks/parameters": ParametersHandler,
    "secrets": SecretsHandler,
    "imports/runs": ImportedRunsHandler,
    "backup": BackupHandler,
    "health": HealthHandler,
    "openapi.json": OpenApiHandler,
}


def install(application: Application, gateway: Gateway) -> None:
    """Adds the routes to a server's application."""
    application.settings[GATEWAY] = gateway
    base = application.settings["base_url"]
    handlers: list[tuple[str, type[BatchHandler], dict[str, Any]]] = [
        (
            url_path_join(base, "batch", _pattern(path)),
            handler,
            {"routes": ROUTES} if handler is OpenApiHandler else {},
        )
        for path, handler in ROUTES.items()
    ]
    handlers.append((url_path_join(base, "batch") + r"(/.*)?", UnknownHandler, {}))
    application.add_handlers(".*$", handlers)


def _pattern(path: str) -> str:
    """Turns ``runs/{run_id}`` into a regular expression; ``{path}`` may hold slashes."""
    return re.sub(
        r"\{(\w+)\}", lambda m: "(.+)" if m[1] == "path" else "([^/]+)", path.replace(".", r"\.")
    )
