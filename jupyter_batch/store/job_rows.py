"""Converts jobs to rows and back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from jupyter_batch.domain.job import Job, TriggerState
from jupyter_batch.domain.notebook import FrozenFile, FrozenNotebook
from jupyter_batch.domain.schedule.trigger import AnyTrigger, TriggerProgress
from jupyter_batch.store.duckdb.column_values import clean_text, from_utc, instant, to_json, to_utc

#: Fields of a job with a column of their own. All others are together in the column ``policies``,
#: so a new field needs no migration.
_COLUMNS = {
    *("id", "name", "notebook", "description", "parameters", "environment", "files"),
    *("timeout_seconds", "priority", "max_concurrent", "created_by", "created_at", "updated_at"),
    "triggers",
}
_JSON = ("parameters", "environment", "files")

_Policies = msgspec.defstruct(
    "_Policies",
    [
        (field.name, field.type, field.default)
        for field in msgspec.structs.fields(Job)
        if field.name not in _COLUMNS
    ],
    frozen=True,
    kw_only=True,
)
_TYPES = {field.name: field.type for field in msgspec.structs.fields(Job)}


def encode_job(job: Job) -> dict[str, Any]:
    """Returns the columns of a job."""
    columns = {name: _encode(getattr(job, name)) for name in sorted(_COLUMNS)}
    policies = _Policies(**{name: getattr(job, name) for name in _Policies.__struct_fields__})
    return columns | {"policies": to_json(policies)}


def _encode(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, datetime):
        return to_utc(value)
    return value if value is None or isinstance(value, int | float) else to_json(value)


def decode_job(row: Any) -> Job:
    """Returns the job of a row; raises ValueError, TypeError, MsgspecError."""
    fields = {name: getattr(row, name) for name in _COLUMNS}
    fields |= {name: msgspec.json.decode(fields[name], type=_TYPES[name]) for name in _JSON}
    fields |= {name: instant(fields[name]) for name in ("created_at", "updated_at")}
    fields["triggers"] = () if row.triggers is None else _triggers(row.triggers)
    policies = _Policies() if row.policies is None else _read_policies(row.policies)
    return Job(**fields, **msgspec.structs.asdict(policies))


def _read_policies(text: str) -> msgspec.Struct:
    return msgspec.json.decode(text, type=_Policies)


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
