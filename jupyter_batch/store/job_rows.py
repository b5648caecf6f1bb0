"""Converts jobs to rows and back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.job import Job, Source, TriggerState
from jupyter_batch.domain.notebook import FrozenFile, FrozenNotebook
from jupyter_batch.domain.overlap import OverlapPolicy
from jupyter_batch.domain.retry import RetryPolicy
from jupyter_batch.domain.schedule.trigger import AnyTrigger, TriggerProgress
from jupyter_batch.domain.value import Value
from jupyter_batch.store.duckdb.column_values import clean_text, from_utc, instant, to_json, to_utc


class _Policies(Value, frozen=True, kw_only=True):
    """The content of a job's column ``policies``."""

    overlap_policy: OverlapPolicy | None = None
    retry: RetryPolicy = RetryPolicy()
    pause_after_failures: int | None = None
    run_timeout_seconds: float | None = None
    queue_timeout_seconds: float | None = None
    keep_runs: int | None = None
    keep_days: float | None = None
    source: Source = Source.LATEST
    root: str = ""
    paused: bool = False
    paused_reason: str | None = None
    resumed_at: datetime | None = None


def encode_job(job: Job) -> dict[str, Any]:
    """Returns the columns of a job."""
    policies = _Policies(**{name: getattr(job, name) for name in _Policies.__struct_fields__})
    return {
        "id": job.id,
        "name": clean_text(job.name),
        "notebook": clean_text(job.notebook),
        "description": clean_text(job.description),
        "parameters": to_json(job.parameters),
        "environment": to_json(job.environment),
        "files": to_json(job.files),
        "timeout_seconds": job.timeout_seconds,
        "priority": job.priority,
        "max_concurrent": job.max_concurrent,
        "created_by": clean_text(job.created_by),
        "created_at": to_utc(job.created_at),
        "updated_at": to_utc(job.updated_at),
        "triggers": to_json(job.triggers),
        "policies": to_json(policies),
    }


def decode_job(row: Any) -> Job:
    """Returns the job of a row; raises ValueError, TypeError, MsgspecError."""
    triggers = () if row.triggers is None else _triggers(row.triggers)
    policies = (
        _Policies() if row.policies is None else msgspec.json.decode(row.policies, type=_Policies)
    )
    return Job(
        id=row.id,
        name=row.name,
        notebook=row.notebook,
        description=row.description,
        parameters=msgspec.json.decode(row.parameters, type=dict[str, Any]),
        environment=msgspec.json.decode(row.environment, type=Environment),
        files=msgspec.json.decode(row.files, type=tuple[str, ...]),
        timeout_seconds=row.timeout_seconds,
        priority=row.priority,
        max_concurrent=row.max_concurrent,
        created_by=row.created_by,
        created_at=instant(row.created_at),
        updated_at=instant(row.updated_at),
        triggers=triggers,
        **msgspec.structs.asdict(policies),
    )


def _triggers(text: str) -> tuple[AnyTrigger, ...]:
    """Reads triggers. Stores of earlier versions have ``overlap`` for ``repeat``."""
    stored: str | bytes = text
    if '"overlap":' in text:
        fields = msgspec.json.decode(text, type=list[dict[str, msgspec.Raw]])
        stored = msgspec.json.encode(
            [
                {"repeat" if name == "overlap" else name: value for name, value in one.items()}
                for one in fields
            ]
        )
    return msgspec.json.decode(stored, type=tuple[AnyTrigger, ...])


def encode_trigger(state: TriggerState) -> dict[str, Any]:
    """Returns the columns of a trigger's state."""
    return {
        "trigger_id": state.trigger_id,
        "job_id": state.job_id,
        "decided_until": to_utc(state.progress.decided_until),
        "reached_at": to_utc(state.progress.decided_until),
        "runs": state.progress.runs,
        "next_at": to_utc(state.next_at),
    }


def decode_trigger(row: Any) -> TriggerState:
    """Returns the state of a row."""
    progress = TriggerProgress(decided_until=instant(row.decided_until), runs=row.runs)
    return TriggerState(
        trigger_id=row.trigger_id,
        job_id=row.job_id,
        progress=progress,
        next_at=from_utc(row.next_at),
    )


def encode_pinned(job_id: str, frozen: FrozenNotebook) -> dict[str, Any]:
    """Returns the columns of a pinned notebook."""
    return {
        "job_id": job_id,
        "path": clean_text(frozen.path),
        "sha256": frozen.sha256,
        "content": frozen.content,
        "files": msgspec.msgpack.encode(frozen.files),
    }


def decode_pinned(row: Any) -> FrozenNotebook:
    """Returns the notebook of a row."""
    files = msgspec.msgpack.decode(row.files, type=tuple[FrozenFile, ...])
    return FrozenNotebook(path=row.path, sha256=row.sha256, content=row.content, files=files)
