"""Results that a notebook records."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from jupyter_batch.domain.state import RunState
from jupyter_batch.domain.value import Value

#: Results with longer JSON are stored with the outputs and read one by one.
INLINE_CHARS = 8 * 1024


class ResultType(StrEnum):
    """The type of a recorded value, which its JSON alone does not determine."""

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
    #: Number of characters of its JSON.
    size: int
    #: JSON text; None where it is longer than ``INLINE_CHARS``: see ``document``.
    value: str | None
    #: Name of the document with the JSON of a long result.
    document: str | None = None
    #: Sequence number of its frame.
    seq: int = 0


class ResultCell(Value, frozen=True, kw_only=True):
    """A result in a table of many runs."""

    type: str
    #: Number of characters of its JSON.
    size: int
    #: Null if it is long: ``runs/{id}/results`` has it.
    value: msgspec.Raw


class ResultRow(Value, frozen=True, kw_only=True):
    """A run with its parameters and the results of its newest attempt."""

    run_id: str
    job_id: str | None
    name: str
    state: RunState
    #: Newest attempt; None if there is none yet.
    attempt_no: int | None
    scheduled_for: datetime
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    parameters: msgspec.Raw
    results: dict[str, ResultCell]
    #: Total time of all attempts, without the waits between them; None if it is not over.
    duration_seconds: float | None = None
