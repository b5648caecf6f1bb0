"""Writes rows into an output segment."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from msgspec.structs import replace

from jupyter_batch.domain.events import RunEvent
from jupyter_batch.domain.notebook import FrozenFile, FrozenNotebook
from jupyter_batch.domain.outputs import output_event
from jupyter_batch.domain.recording import OutputRow, Recording
from jupyter_batch.store.duckdb.column_values import clean_text, cut_bytes, cut_text, to_utc
from jupyter_batch.store.duckdb.database import Connection
from jupyter_batch.store.duckdb.rows import Rows, fetch_column
from jupyter_batch.store.duckdb.sql import load_queries
from jupyter_batch.store.writer_state import RecordingProgress

_SQL = load_queries("outputs")
#: 2,048 rows are read and compressed at a time: a few MiB with pieces of these sizes.
TEXT_PIECE = 4 * 1024
BYTES_PIECE = 8 * 1024
#: Bytes of a frozen file per statement.
_AT_ONCE = 8 * 1024 * 1024


def insert_frozen(
    connection: Connection, segment: str, run_no: int, frozen: FrozenNotebook
) -> None:
    """Writes the frozen notebook of a run. Existing contents are not written again."""
    insert_all_frozen(connection, segment, [(run_no, frozen)])


def insert_all_frozen(
    connection: Connection, segment: str, runs: Sequence[tuple[int, FrozenNotebook]]
) -> None:
    """Writes the frozen notebooks of many runs, most of which share a few notebooks."""
    # The caller holds them all, so an object's id is its own.
    distinct = {id(frozen): frozen for _, frozen in runs}
    files = {key: _frozen_files(frozen) for key, frozen in distinct.items()}
    _insert_contents(connection, segment, [file for own in files.values() for file in own])
    rows = Rows(f"{segment}.frozen")
    for run_no, frozen in runs:
        for number, file in enumerate(files[id(frozen)]):
            rows.add(
                run_no=run_no,
                file_no=number,
                path=file.path,
                sha256=file.named,
                content_sha256=file.digest,
                size_bytes=len(file.content),
            )
    rows.write(connection)


class _File(NamedTuple):
    path: str
    #: The digest that the run names; a notebook's own is not that of its bytes.
    named: str
    digest: str
    content: bytes


def _frozen_files(frozen: FrozenNotebook) -> list[_File]:
    files: list[_File] = []
    for file in (FrozenFile(path=frozen.path, content=frozen.content), *frozen.files):
        digest = hashlib.sha256(file.content).hexdigest()
        named = digest if files else frozen.sha256
        files.append(_File(clean_text(file.path), named, digest, file.content))
    return files


def _insert_contents(connection: Connection, segment: str, files: Sequence[_File]) -> None:
    """Writes the contents that do not exist yet, each once."""
    contents = {file.digest: file.content for file in files}
    digests = list(contents)
    # Most runs come alone with one notebook, and a join for one row costs three times as much.
    name, given = ("is_known", digests[0]) if len(digests) == 1 else ("select_known", digests)
    for digest in fetch_column(connection, _SQL[name].format(segment=segment), {"given": given}):
        del contents[digest]
    for digest, content in contents.items():
        _insert_content(connection, segment, digest, content)


def _insert_content(connection: Connection, segment: str, digest: str, content: bytes) -> None:
    for number, part in enumerate(cut_bytes(content, _AT_ONCE)):
        rows = Rows(f"{segment}.contents")
        first = number * (_AT_ONCE // BYTES_PIECE)
        for piece_no, piece in enumerate(cut_bytes(part, BYTES_PIECE), first):
            rows.add(piece_no=piece_no, sha256=digest, content=piece)
        rows.write(connection)


class SegmentRows:
    """Collects rows of recordings and writes them into a segment with few statements."""

    def __init__(self, segment: str) -> None:
        self._outputs = Rows(f"{segment}.outputs")
        self._documents = Rows(f"{segment}.documents")
        self._artifacts = Rows(f"{segment}.artifacts")
        self._log = Rows(f"{segment}.log")
        self._progress = Rows(f"{segment}.progress")

    def write(self, connection: Connection) -> None:
        """Writes all rows, the progress last. Call it in a transaction."""
        for rows in (self._outputs, self._documents, self._artifacts, self._log, self._progress):
            rows.write(connection)

    def take(
        self, run_no: int, recording: Recording, done: RecordingProgress, *, needs_records: bool
    ) -> tuple[RecordingProgress, list[RunEvent]]:
        """Adds the new rows of a recording; returns the attempt's progress and events of new outputs.

        ``needs_records`` is true if the recording has rows in the records database too.
        """
        ids = {"run_no": run_no, "attempt_no": recording.attempt_no}
        outputs = [_clean(row) for row in recording.outputs if row.seq > done.last_seq]
        size = sum(
            (
                self._take_outputs(ids, outputs),
                self._take_documents(ids, recording, done.last_seq),
                self._take_artifacts(ids, recording, done.last_seq),
                self._take_log(ids, recording, done.last_line),
            )
        )
        reached = RecordingProgress(
            last_seq=max(recording.last_seq, done.last_seq),
            last_line=max(recording.last_line, done.last_line),
            needs_seq=max(recording.last_seq, done.needs_seq) if needs_records else done.needs_seq,
        )
        if size or reached != done:
            self._progress.add(
                **ids,
                last_seq=reached.last_seq,
                last_line=reached.last_line,
                needs_seq=reached.needs_seq,
                size_bytes=size,
            )
        return reached, _events(recording, outputs)

    def _take_outputs(self, ids: dict[str, int], rows: list[OutputRow]) -> int:
        size = 0
        for row in rows:
            for number, body in enumerate(cut_text(row.op.body, TEXT_PIECE)):
                self._outputs.add(
                    **ids,
                    seq=row.seq,
                    op_no=row.op_no,
                    piece_no=number,
                    happened_at=to_utc(row.at),
                    op=row.op.op,
                    cell_index=row.op.cell,
                    output_no=row.op.no,
                    output_type=clean_text(row.op.type),
                    more=row.op.more,
                    size=len(body),
                    body=body,
                )
            size += len(row.op.body)
        return size

    def _take_documents(self, ids: dict[str, int], recording: Recording, after: int) -> int:
        size = 0
        for part in recording.documents:
            if part.seq <= after:
                continue
            for number, body in enumerate(cut_text(clean_text(part.body), TEXT_PIECE)):
                self._documents.add(
                    **ids,
                    name=part.name,
                    seq=part.seq,
                    piece_no=number,
                    more=part.more,
                    body=body,
                )
            size += len(part.body)
        return size

    def _take_artifacts(self, ids: dict[str, int], recording: Recording, after: int) -> int:
        size = 0
        for part in recording.artifacts:
            if part.seq <= after:
                continue
            for number, content in enumerate(cut_bytes(part.content, BYTES_PIECE)):
                self._artifacts.add(
                    **ids,
                    path=clean_text(part.path),
                    seq=part.seq,
                    piece_no=number,
                    more=part.more,
                    size=len(content),
                    content=content,
                )
            size += len(part.content)
        return size

    def _take_log(self, ids: dict[str, int], recording: Recording, after: int) -> int:
        size = 0
        for line in recording.log:
            if line.line_no > after:
                self._log.add(**ids, line_no=line.line_no, text=clean_text(line.text))
                size += len(line.text)
        return size


def _events(recording: Recording, outputs: list[OutputRow]) -> list[RunEvent]:
    frames = [list(group) for _, group in groupby(outputs, key=lambda row: row.seq)]
    return [
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
