"""Reads events: stored ones, and those that are made from outputs."""

from __future__ import annotations

import logging
from itertools import groupby
from operator import attrgetter
from typing import Any

import msgspec
from msgspec.structs import replace

from jupyter_batch.domain.events import RunEvent, frame_event_id
from jupyter_batch.domain.outputs import output_event
from jupyter_batch.store.duckdb.column_values import from_utc
from jupyter_batch.store.duckdb.database import Connection
from jupyter_batch.store.duckdb.rows import fetch_all
from jupyter_batch.store.duckdb.sql import load_queries
from jupyter_batch.store.outputs import joined, op_of

_log = logging.getLogger(__name__)
_RECORDS = load_queries("records")
_OUTPUTS = load_queries("outputs")
#: Most characters of outputs in one answer, which has at least one frame.
_MOST_TEXT = 8 * 1024 * 1024
_SEQ_MASK = (1 << 32) - 1


def select_events(cursor: Connection, after: int, limit: int) -> tuple[RunEvent, ...]:
    """Returns events of all runs by position, without outputs."""
    rows = fetch_all(cursor, _RECORDS["select_events"], {"after": after, "limit": limit})
    return tuple(_decode(rows))


def select_events_of_run(
    cursor: Connection,
    segment: str,
    run_no: int,
    run_id: str,
    after: int,
    limit: int,
    with_outputs: bool,
) -> tuple[RunEvent, ...]:
    """Returns events of a run, optionally with outputs, in the order of their ids.

    Large outputs make an answer shorter than ``limit``; only an empty one is the end.
    """
    rows = fetch_all(
        cursor,
        _RECORDS["select_events_of_run"],
        {"run_no": run_no, "after": after, "limit": limit},
    )
    if not with_outputs:
        return tuple(_decode(rows))
    outputs, last = _outputs(cursor, segment, run_no, run_id, after, limit)
    stored = [event for event in _decode(rows) if last is None or event.event_id <= last]
    return tuple(sorted([*stored, *outputs], key=lambda event: event.event_id)[:limit])


def _outputs(
    cursor: Connection, segment: str, run_no: int, run_id: str, after: int, limit: int
) -> tuple[list[RunEvent], int | None]:
    """Returns output events and, if there are more, the id up to which they are complete."""
    frames = fetch_all(
        cursor,
        _OUTPUTS["select_frames"].format(segment=segment),
        {
            "run_no": run_no,
            "attempt_no": after >> 42,
            "seq": (after >> 10) & _SEQ_MASK,
            "limit": limit,
        },
    )
    size, count = 0, 0
    for frame in frames:
        if count and size + frame.size > _MOST_TEXT:
            break
        size += frame.size
        count += 1
    events: list[RunEvent] = []
    for attempt_no, group in groupby(frames[:count], key=attrgetter("attempt_no")):
        seqs = [frame.seq for frame in group]
        events += _frames(cursor, segment, run_no, run_id, attempt_no, seqs[0], seqs[-1])
    complete = count == len(frames) < limit
    if complete or not count:
        return events, None
    return events, frame_event_id(frames[count - 1].attempt_no, frames[count - 1].seq)


def _frames(
    cursor: Connection,
    segment: str,
    run_no: int,
    run_id: str,
    attempt_no: int,
    first: int,
    last: int,
) -> list[RunEvent]:
    rows = fetch_all(
        cursor,
        _OUTPUTS["select_frame_ops"].format(segment=segment),
        {"run_no": run_no, "attempt_no": attempt_no, "first": first, "last": last},
    )
    events = []
    for seq, group in groupby(joined(rows), key=lambda pieces: pieces[0][0].seq):
        ops, at = [], None
        for pieces, text in group:
            row = pieces[0]
            at = from_utc(row.happened_at)
            ops.append(replace(op_of(row.cell_index, row), body=text))
        if at is not None:
            events.append(output_event(run_id, attempt_no, seq, at, ops))
    return events


def _decode(rows: list[Any]) -> list[RunEvent]:
    events = []
    for row in rows:
        instant = from_utc(row.happened_at)
        try:
            decoded = msgspec.json.decode(row.data, type=dict[str, Any])
        except msgspec.MsgspecError:
            _log.exception("an event cannot be read and is left out: %s", row.position)
            continue
        if instant is not None:
            events.append(
                RunEvent(
                    run_id=row.run_id,
                    event_id=row.event_id,
                    position=row.position,
                    at=instant,
                    kind=row.kind,
                    data=decoded,
                )
            )
    return events
