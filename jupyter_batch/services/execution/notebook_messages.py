"""Collects the messages of the notebook itself: results, done items, progress."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from jupyter_batch.domain import frames
from jupyter_batch.domain.frame_gate import MAX_RESULTS, MAX_TRACKERS
from jupyter_batch.domain.progress import (
    ITEMS_PREFIX,
    ItemProgress,
    item_progress,
    with_at_least,
)
from jupyter_batch.domain.recording import DocumentSlice
from jupyter_batch.domain.results import INLINE_CHARS, ResultRecord
from jupyter_batch.runner.masking import Masker
from jupyter_batch.runner.spool import SpoolMessage

#: Most characters of a result in its event.
_VALUE_SHOWN = 1000


class NotebookMessages:
    """Collects messages frame by frame. Messages that are on record are not collected again."""

    def __init__(self, attempt_no: int) -> None:
        self._attempt_no = attempt_no
        #: Offset in the notebook's spool that the frames cover.
        self.offset = 0
        self.results: list[ResultRecord] = []
        self.documents: list[DocumentSlice] = []
        self._progress: dict[str, ItemProgress] = {}
        self._done: dict[str, int] = {}
        #: Slices of incomplete results by name: first frame, and texts.
        self._begun: dict[str, tuple[int, list[str]]] = {}

    @property
    def progress(self) -> tuple[ItemProgress, ...]:
        """Returns the progress of each loop."""
        return tuple(
            with_at_least(progress, self._done.get(name, 0))
            for name, progress in self._progress.items()
        )

    def take(self) -> tuple[tuple[ResultRecord, ...], tuple[DocumentSlice, ...]]:
        """Returns the results and document slices collected since the last call."""
        taken = tuple(self.results), tuple(self.documents)
        self.results, self.documents = [], []
        return taken

    def result(self, frame: frames.Result, new: bool) -> dict[str, Any] | None:
        """Adds a slice; returns the data of the result's event once it is complete."""
        self.offset = max(self.offset, frame.spool)
        first, texts = self._begun.setdefault(frame.name, (frame.seq, []))
        texts.append(frame.body)
        size = sum(map(len, texts))
        is_long = frame.more or len(texts) > 1 or size > INLINE_CHARS
        document = f"result/{first}" if is_long else None
        if document is not None and new:
            self.documents.append(
                DocumentSlice(seq=frame.seq, name=document, body=frame.body, more=frame.more)
            )
        if frame.more:
            return None
        del self._begun[frame.name]
        if new:
            self.results.append(
                ResultRecord(
                    attempt_no=self._attempt_no,
                    name=frame.name,
                    type=frame.type,
                    at=datetime.fromtimestamp(frame.told_at, UTC),
                    size=size,
                    value=None if is_long else frame.body,
                    document=document,
                    seq=frame.seq,
                )
            )
        value = msgspec.json.decode(frame.body) if size <= _VALUE_SHOWN else None
        return {"name": frame.name, "type": frame.type, "value": value, "size": size}

    def items(self, frame: frames.Items, new: bool) -> dict[str, Any] | None:
        """Adds keys of done items; returns the event data of failed ones."""
        self.offset = max(self.offset, frame.spool)
        self._done[frame.name] = self._done.get(frame.name, 0) + len(frame.done)
        if frame.done and new:
            self.documents.append(_done_slice(frame.seq, frame.name, frame.done))
        if not frame.failed:
            return None
        return {"name": frame.name, "failed": msgspec.to_builtins(frame.failed)}

    def moved(self, frame: frames.ProgressFrame) -> dict[str, Any]:
        """Updates the progress; returns its event data."""
        self.offset = max(self.offset, frame.spool)
        progress = item_progress(frame.name, frame.data)
        self._progress[frame.name] = progress
        data: dict[str, Any] = msgspec.to_builtins(progress)
        return data

    def recover_spool(self, spool: bytes, masker: Masker, seq: int, *, most: int) -> int:
        """Adds messages that a killed runner did not send; returns the last sequence number.

        ``spool`` is the whole file, of which at most ``most`` bytes are read. Messages are recorded
        with numbers after ``seq``, the last frame's number.
        """
        messages = SpoolMessage(masker)
        whole, _, _ = spool[self.offset : self.offset + most].rpartition(b"\n")
        for line in whole.split(b"\n"):
            messages.take(line)
        for name, keys in list(messages.done.items())[:MAX_TRACKERS]:
            seq += 1
            self.items(frames.Items(seq=seq, at=0.0, name=name, done=tuple(keys)), True)
        for name, facts in list(messages.progress.items())[:MAX_TRACKERS]:
            self.moved(frames.ProgressFrame(seq=seq, at=0.0, name=name, data=facts))
        for name, (kind, text, at) in list(messages.results.items())[:MAX_RESULTS]:
            seq += 1
            self.result(
                frames.Result(seq=seq, at=0.0, name=name, type=kind, body=text, told_at=at), True
            )
        return seq


def _done_slice(seq: int, name: str, keys: Iterable[str]) -> DocumentSlice:
    body = "".join(f"{key}\n" for key in keys)
    return DocumentSlice(seq=seq, name=f"{ITEMS_PREFIX}{name}", body=body, more=False)
