"""What is written into an output segment."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import groupby

from msgspec.structs import replace

from jupyter_batch.domain.events import RunEvent
from jupyter_batch.domain.notebook import FrozenFile, FrozenNotebook
from jupyter_batch.domain.outputs import output_event
from jupyter_batch.domain.recording import OutputRow, Recording
from jupyter_batch.store.database import Connection
from jupyter_batch.store.ledger import Progress
from jupyter_batch.store.sql import load_queries
from jupyter_batch.store.text import clean_text, cut_bytes, cut_text, to_utc

_SQL = load_queries("outputs")
#: 2,048 rows are read and compressed at a time: a few MiB with pieces of these sizes.
TEXT_PIECE = 4 * 1024
BYTES_PIECE = 8 * 1024
#: Of a frozen file, written in one statement.
_AT_ONCE = 8 * 1024 * 1024


def insert_frozen(
    connection: Connection, segment: str, run_no: int, frozen: FrozenNotebook
) -> None:
    """Writes what a run has frozen; contents that are there already are not written again."""
    insert_all_frozen(connection, segment, [(run_no, frozen)])


def insert_all_frozen(
    connection: Connection, segment: str, runs: Sequence[tuple[int, FrozenNotebook]]
) -> None:
    """Writes what many runs have frozen; most of them have the same few notebooks."""
    known: dict[int, list[tuple[str, str, str, int]]] = {}
    rows: list[tuple[int, int, str, str, str, int]] = []
    for run_no, frozen in runs:
        # The caller holds them all, so an object's id is its own.
        if id(frozen) not in known:
            known[id(frozen)] = _frozen_rows(connection, segment, frozen)
        rows += [(run_no, number, *row) for number, row in enumerate(known[id(frozen)])]
    names = ("run_nos", "file_nos", "paths", "sha256s", "contents", "sizes")
    columns = dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))
    connection.execute(_SQL["insert_frozen"].format(segment=segment), columns)


def _frozen_rows(
    connection: Connection, segment: str, frozen: FrozenNotebook
) -> list[tuple[str, str, str, int]]:
    rows: list[tuple[str, str, str, int]] = []
    for file in (FrozenFile(path=frozen.path, content=frozen.content), *frozen.files):
        digest = hashlib.sha256(file.content).hexdigest()
        _insert_content(connection, segment, digest, file.content)
        # The notebook's own digest is the one that its run names.
        named = digest if rows else frozen.sha256
        rows.append((clean_text(file.path), named, digest, len(file.content)))
    return rows


def _insert_content(connection: Connection, segment: str, digest: str, content: bytes) -> None:
    found = connection.execute(
        _SQL["has_content"].format(segment=segment), {"sha256": digest}
    ).fetchone()
    if found:
        return
    for number, part in enumerate(cut_bytes(content, _AT_ONCE)):
        pieces = list(cut_bytes(part, BYTES_PIECE))
        first = number * (_AT_ONCE // BYTES_PIECE)
        connection.execute(
            _SQL["insert_contents"].format(segment=segment),
            {
                "sha256": digest,
                "piece_nos": list(range(first, first + len(pieces))),
                "contents": pieces,
            },
        )


def insert_recording(
    connection: Connection,
    segment: str,
    run_no: int,
    recording: Recording,
    progress: Progress | None,
    *,
    needs_records: bool,
) -> tuple[Progress, list[RunEvent]]:
    """Writes what is new, the progress last; returns that and the events of new outputs.

    ``needs_records`` says whether rows in the records database go along.
    """
    done = progress or Progress()
    ids = {"run_no": run_no, "attempt_no": recording.attempt_no}
    outputs = [_clean(row) for row in recording.outputs if row.seq > done.last_seq]
    size = sum(
        (
            _insert_outputs(connection, segment, ids, outputs),
            _insert_documents(connection, segment, ids, recording, done.last_seq),
            _insert_artifacts(connection, segment, ids, recording, done.last_seq),
            _insert_log(connection, segment, ids, recording, done.last_line),
        )
    )
    reached = Progress(
        last_seq=max(recording.last_seq, done.last_seq),
        last_line=max(recording.last_line, done.last_line),
        needs_seq=max(recording.last_seq, done.needs_seq) if needs_records else done.needs_seq,
    )
    if progress is None or size or reached != done:
        query = _SQL["insert_progress" if progress is None else "update_progress"]
        connection.execute(
            query.format(segment=segment),
            ids
            | {
                "last_seq": reached.last_seq,
                "last_line": reached.last_line,
                "needs_seq": reached.needs_seq,
                "size_bytes": size,
            },
        )
    frames = [list(group) for _, group in groupby(outputs, key=lambda row: row.seq)]
    return reached, [
        output_event(
            recording.run_id,
            recording.attempt_no,
            rows[0].seq,
            rows[0].at,
            [row.op for row in rows],
        )
        for rows in frames
    ]


def _clean(row: OutputRow) -> OutputRow:
    body = clean_text(row.op.body)
    return row if body is row.op.body else replace(row, op=replace(row.op, body=body))


def _insert_outputs(
    connection: Connection, segment: str, ids: dict[str, int], rows: list[OutputRow]
) -> int:
    pieces = [
        (row, number, body)
        for row in rows
        for number, body in enumerate(cut_text(row.op.body, TEXT_PIECE))
    ]
    if not pieces:
        return 0
    connection.execute(
        _SQL["insert_outputs"].format(segment=segment),
        ids
        | {
            "seqs": [row.seq for row, _, _ in pieces],
            "op_nos": [row.op_no for row, _, _ in pieces],
            "piece_nos": [number for _, number, _ in pieces],
            "instants": [to_utc(row.at) for row, _, _ in pieces],
            "ops": [row.op.op for row, _, _ in pieces],
            "cells": [row.op.cell for row, _, _ in pieces],
            "output_nos": [row.op.no for row, _, _ in pieces],
            "types": [clean_text(row.op.type) for row, _, _ in pieces],
            "more": [row.op.more for row, _, _ in pieces],
            "sizes": [len(body) for _, _, body in pieces],
            "bodies": [body for _, _, body in pieces],
        },
    )
    return sum(len(body) for _, _, body in pieces)


def _insert_documents(
    connection: Connection, segment: str, ids: dict[str, int], recording: Recording, after: int
) -> int:
    pieces = [
        (part, number, body)
        for part in recording.documents
        if part.seq > after
        for number, body in enumerate(cut_text(clean_text(part.body), TEXT_PIECE))
    ]
    if not pieces:
        return 0
    connection.execute(
        _SQL["insert_documents"].format(segment=segment),
        ids
        | {
            "names": [part.name for part, _, _ in pieces],
            "seqs": [part.seq for part, _, _ in pieces],
            "piece_nos": [number for _, number, _ in pieces],
            "more": [part.more for part, _, _ in pieces],
            "bodies": [body for _, _, body in pieces],
        },
    )
    return sum(len(body) for _, _, body in pieces)


def _insert_artifacts(
    connection: Connection, segment: str, ids: dict[str, int], recording: Recording, after: int
) -> int:
    pieces = [
        (part, number, content)
        for part in recording.artifacts
        if part.seq > after
        for number, content in enumerate(cut_bytes(part.content, BYTES_PIECE))
    ]
    if not pieces:
        return 0
    connection.execute(
        _SQL["insert_artifacts"].format(segment=segment),
        ids
        | {
            "paths": [clean_text(part.path) for part, _, _ in pieces],
            "seqs": [part.seq for part, _, _ in pieces],
            "piece_nos": [number for _, number, _ in pieces],
            "more": [part.more for part, _, _ in pieces],
            "sizes": [len(content) for _, _, content in pieces],
            "contents": [content for _, _, content in pieces],
        },
    )
    return sum(len(content) for _, _, content in pieces)


def _insert_log(
    connection: Connection, segment: str, ids: dict[str, int], recording: Recording, after: int
) -> int:
    lines = [line for line in recording.log if line.line_no > after]
    if not lines:
        return 0
    texts = [clean_text(line.text) for line in lines]
    connection.execute(
        _SQL["insert_log"].format(segment=segment),
        ids | {"line_nos": [line.line_no for line in lines], "texts": texts},
    )
    return sum(map(len, texts))
