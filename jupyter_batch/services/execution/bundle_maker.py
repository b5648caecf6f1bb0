"""Builds the bundle of an attempt; runner/README.md documents its settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jupyter_batch.domain.run import Run
from jupyter_batch.domain.settings import Settings
from jupyter_batch.ports import Bundle, Notebooks, Secrets, Store


class BundleMaker:
    """Builds the bundles of all attempts."""

    def __init__(
        self, *, store: Store, notebooks: Notebooks, secrets: Secrets, settings: Settings
    ) -> None:
        self._store = store
        self._notebooks = notebooks
        self._secrets = secrets
        self._settings = settings

    async def make(self, run: Run, attempt_no: int, *, timeout_seconds: float | None) -> Bundle:
        """Returns the bundle for the runner of an attempt."""
        frozen = await self._store.runs.frozen(run.id)
        sent = {file.path for file in frozen.files}
        beside = await self._notebooks.names_beside(run.notebook.path, root=run.notebook.root)
        return Bundle(
            notebook=frozen.content,
            files=frozen.files,
            settings=_settings(
                run,
                attempt_no,
                self._settings,
                timeout_seconds=timeout_seconds,
                done_items=await self._store.records.done_items(run.id, before=attempt_no),
                not_sent=[name for name in beside if name not in sent],
            ),
            secrets=await self._secrets.get(run.environment.secrets, user=run.created_by),
        )


def _settings(
    run: Run,
    attempt_no: int,
    settings: Settings,
    *,
    timeout_seconds: float | None,
    done_items: Mapping[str, Sequence[str]],
    not_sent: Sequence[str],
) -> dict[str, Any]:
    """Returns the settings of the bundle of an attempt."""
    return {
        "run_id": run.id,
        "attempt_no": attempt_no,
        "job_name": run.name if run.job_id else None,
        "scheduled_for": run.scheduled_for.isoformat().replace("+00:00", "Z"),
        "notebook_path": run.notebook.path,
        "parameters": run.parameters,
        "done_items": done_items,
        "kernel": run.environment.kernel,
        "strict_errors": run.environment.strict_errors,
        "keep_files": run.environment.keep_files,
        "not_sent": not_sent,
        "env": run.environment.env,
        "timeout_seconds": timeout_seconds,
        "grace_seconds": settings.grace_seconds,
        "max_output_bytes": settings.max_output_bytes,
        "max_artifact_bytes": settings.max_artifact_bytes,
        "memory_limit_bytes": run.environment.memory_bytes,
        "heartbeat_seconds": settings.heartbeat_seconds,
    }
