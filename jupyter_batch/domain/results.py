"""What a notebook says about itself: results, and how far its loops are."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from jupyter_batch.domain.state import RunState
from jupyter_batch.domain.value import Value

#: Results whose JSON is longer lie with the outputs and are read one by one.
INLINE_CHARS = 8 * 1024


class ResultType(StrEnum):
    """What a recorded value is; its JSON alone does not say all."""

    #: NaN and the infinities are the texts ``"NaN"``, ``"Infinity"``, ``"-Infinity"``.
    NUMBER = "number"
    TEXT = "text"
    BOOL = "bool"
    NONE = "none"
    #: ISO 8601.
    DATETIME = "datetime"
    JSON = "json"
    #: ``{"columns": [{"name", "dtype", "values"}], "index": the same or null, "rows": n}``.
    TABLE = "table"
    #: A data frame as scrapbook glues it: a Parquet file in base64.
    PARQUET = "parquet"


class ResultRecord(Value, frozen=True, kw_only=True):
    """A value that a notebook has recorded under a name."""

    attempt_no: int
    name: str
    type: str
    at: datetime
    #: Characters of its JSON.
    size: int
    #: JSON text; None where it is longer than ``INLINE_CHARS``: see ``document``.
    value: str | None
    #: Name of the document that has the JSON of a long one.
    document: str | None = None
    #: Frame that brought it.
    seq: int = 0


class ResultCell(Value, frozen=True, kw_only=True):
    """A result in a table of many runs."""

    type: str
    #: Characters of its JSON.
    size: int
    #: Null where it is long: ``runs/{id}/results`` has it.
    value: msgspec.Raw


class ResultRow(Value, frozen=True, kw_only=True):
    """A run with what it was given and what its newest attempt has recorded."""

    run_id: str
    job_id: str | None
    name: str
    state: RunState
    #: None where there has been none yet.
    attempt_no: int | None
    scheduled_for: datetime
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    parameters: msgspec.Raw
    results: dict[str, ResultCell]
    #: Of all attempts in all, without the waits between them; None where it is not over.
    duration_seconds: float | None = None
