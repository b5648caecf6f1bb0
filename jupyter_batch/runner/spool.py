"""Reads the notebook's messages from the spool file (notebook_api/context.py), sends frames.

A file rather than a pipe: it is there whatever happens to the kernel, to this process or to
the container, and what has not been sent when the container dies can be read out of it.
Its content is not trusted: the notebook can write anything there, or replace the file.
"""

from __future__ import annotations

import json
import os
import threading
import time
from typing import Any, Dict, List, Optional, Set, Tuple

from .budget import Budget
from .frame_writer import FrameWriter, slices, to_bytes
from .masking import Masker

#: The variable with which an executor names a folder that it can read after the end.
FOLDER_VARIABLE = "JUPYTER_BATCH_KEPT"
SPOOL_NAME = "spool"
CONTEXT_NAME = "context.json"
DONE_NAME = "done.json"

_LOOK_SECONDS = 0.1
_READ = 4 * 1024 * 1024
#: Keys in one frame, in characters; each frame is one row of the store.
_KEYS_CHARS = 128 * 1024
#: Failures in one frame, of at most 4,000 characters each.
_FAILURES = 25
#: Limits that our notebook API keeps, for a key, a result, and one line.
_KEY_LENGTH, _RESULT_CHARS, _LINE = 2_000, 5 * 1024 * 1024, 8 * 1024 * 1024
_NAME_LENGTH = 240
#: Names of results and of tracked loops; whoever records them takes no more either.
MAX_RESULTS, MAX_TRACKERS = 10_000, 1_000
#: What a result or a key costs of the output limit beside its text: each is kept on its own.
_OVERHEAD = 64
#: Of a tracked loop's progress so much is sent as it comes; then only now and then, and at last
#: no more than the end, because nothing else bounds it.
_PROGRESS_BYTES = ((32 * 1024 * 1024, 0.0), (64 * 1024 * 1024, 10.0), (256 * 1024 * 1024, 600.0))
#: The greatest count that is accepted.
_MOST = 2**53
_YEAR_SECONDS = 366 * 24 * 3600
#: A message that was just read is not older than this, whatever time it gives.
_NOW_SECONDS = 12 * 3600
_KINDS = {"d": "done", "f": "failed", "p": "progress", "result": "result"}
_FACTS = (
    "processed",
    "failed",
    "skipped",
    "total",
    "rate_per_second",
    "eta_seconds",
    "elapsed_seconds",
)
TYPES = frozenset({"number", "text", "bool", "none", "datetime", "table", "json", "parquet"})


class SpoolMessage:
    """The content of a piece of the spool, from its lines in order, with secrets masked."""

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        #: By name, the last one: type, JSON text, seconds since the epoch.
        self.results: Dict[str, Tuple[str, str, float]] = {}
        #: By the tracker's name.
        self.done: Dict[str, List[str]] = {}
        self.failed: Dict[str, List[Dict[str, Any]]] = {}
        self.progress: Dict[str, Dict[str, Any]] = {}

    def take(self, line: bytes) -> None:
        """Reads a line; a line that is not ours is ignored, as anything can write there."""
        try:
            fields = json.loads(line)
            take = getattr(self, f"_take_{_KINDS[fields[0]]}")
            take(*fields[1:])
        except (ValueError, TypeError, ArithmeticError, LookupError, AttributeError):
            pass
        except (RecursionError, MemoryError):
            pass

    def _take_done(self, name: Any, key: Any) -> None:
        text = _dumps(self._masker.value(key))
        if len(text) <= _KEY_LENGTH:
            self.done.setdefault(self._name(name), []).append(text)

    def _take_failed(self, name: Any, key: Any, error: Any) -> None:
        shown = None if key is None else self._masker.cut(str(key), _KEY_LENGTH)
        failure = {"key": shown, "error": self._masker.cut(str(error), _KEY_LENGTH)}
        self.failed.setdefault(self._name(name), []).append(failure)

    def _take_progress(self, at: Any, facts: Any) -> None:
        numbers = {key: _number(facts.get(key)) for key in _FACTS}
        self.progress[self._name(facts["name"])] = {
            **numbers,
            "is_over": facts.get("is_over") is True,
        }

    def _take_result(self, at: Any, name: Any, kind: Any, value: Any) -> None:
        shown = self._masker.value(value)
        if self._masker and shown != value and type(shown) is not type(value):
            kind = "text"
        text = to_bytes(_dumps(shown, ensure_ascii=False)).decode()
        if kind in TYPES and len(text) <= _RESULT_CHARS:
            recorded_at = float(at)
            is_now = abs(recorded_at - time.time()) < _YEAR_SECONDS
            self.results[self._name(name)] = (kind, text, recorded_at if is_now else time.time())

    def _name(self, name: Any) -> str:
        return self._masker.cut(str(name), _NAME_LENGTH)


class SpoolReader:
    """Sends new messages as frames, several times a second and once more at the end."""

    def __init__(self, path: str, frames: FrameWriter, masker: Masker, budget: Budget) -> None:
        self._frames = frames
        self._masker = masker
        self._budget = budget
        #: How many bytes have been sent as frames, and the beginning of a line after them.
        self._offset = 0
        self._rest = b""
        #: The number of keys of each tracker: a killed kernel has reported fewer.
        self._counts: Dict[str, int] = {}
        self._last: Dict[str, Dict[str, Any]] = {}
        self._ended = threading.Event()
        self._thread: Optional[threading.Thread] = None
        self._result_names: Set[str] = set()
        self._trackers: Set[str] = set()
        self._has_left_out = False
        #: Progress that is to be sent, and when and how much of it has been.
        self._waiting: Dict[str, Dict[str, Any]] = {}
        self._progress_at = 0.0
        self._progress_bytes = 0
        # Once, before there is a kernel that could put a pipe or a link in its place.
        flags = os.O_RDONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
        self._file = os.fdopen(os.open(path, flags, 0o600), "rb", buffering=0)

    def start(self) -> None:
        """Starts the thread that reads the spool."""
        self._thread = threading.Thread(target=self._run, name="jb-spool", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Sends the rest. Call it when the kernel has ended."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join()
        self._file.close()

    def _run(self) -> None:
        with self._file as file:
            while not self._ended.wait(_LOOK_SECONDS):
                self._look(file)
            # Up to the present size only: a process that outlives the kernel may go on writing.
            size = os.fstat(file.fileno()).st_size
            while file.tell() < size and self._look(file):
                pass
            self._send_last()

    def _look(self, file: Any) -> bool:
        data = file.read(_READ)
        if not data:
            return False
        whole, newline, self._rest = (self._rest + data).rpartition(b"\n")
        if len(self._rest) > _LINE:
            self._offset += len(self._rest)
            self._rest = b""
        if newline:
            message = SpoolMessage(self._masker)
            for line in whole.split(b"\n"):
                message.take(line)
            self._offset += len(whole) + 1
            self._send(message)
        return True

    def _send(self, message: SpoolMessage) -> None:
        """Writes frames; the last one has the position in the spool that they reach."""
        sent: List[Tuple[str, Dict[str, Any]]] = []
        for name, (kind, text, at) in message.results.items():
            sent += self._result(name, kind, text, at)
        for name in dict.fromkeys([*message.done, *message.failed]):
            if self._knows(self._trackers, name, MAX_TRACKERS):
                sent += self._items(name, message.done.get(name, []), message.failed.get(name, []))
        for name, facts in message.progress.items():
            if self._knows(self._trackers, name, MAX_TRACKERS):
                self._last[name] = self._waiting[name] = facts
        sent += self._progress()
        for number, (kind, fields) in enumerate(sent, start=1):
            if number == len(sent):
                fields["spool"] = self._offset
            self._frames.write(kind, **fields)

    def _progress(self) -> List[Tuple[str, Dict[str, Any]]]:
        """Returns the newest progress of each loop that is due to be sent."""
        pauses = [pause for most, pause in _PROGRESS_BYTES if self._progress_bytes < most]
        if not pauses or time.monotonic() - self._progress_at < pauses[0]:
            return []
        waiting, self._waiting = self._waiting, {}
        if waiting:
            self._progress_at = time.monotonic()
        parts: List[Tuple[str, Dict[str, Any]]] = []
        for name, facts in waiting.items():
            fields = {"name": name, "data": facts}
            self._progress_bytes += len(_dumps(fields)) + 2 * _OVERHEAD
            parts.append(("progress", fields))
        return parts

    def _knows(self, known: Set[str], name: str, most: int) -> bool:
        """Registers a name; returns False where there are too many."""
        if name in known or len(known) < most:
            known.add(name)
            return True
        if not self._has_left_out:
            self._has_left_out = True
            print(
                f"[jupyter_batch: there are more than {most} names of results or of loops; "
                f"{name[:80]!r} and others are left out]",
                flush=True,
            )
        return False

    def _send_last(self) -> None:
        """Corrects the progress of a kernel that was killed before it reported the end."""
        for name, facts in self._last.items():
            count = self._counts.get(name, 0)
            if name in self._waiting or count > (facts.get("processed") or 0):
                count = max(count, facts.get("processed") or 0)
                self._frames.write(
                    "progress",
                    name=name,
                    data={**facts, "processed": count},
                    spool=self._offset,
                )

    def send_result(self, name: str, kind: str, value: Any) -> None:
        """Sends a result that did not come through the spool (scrapbook's)."""
        message = SpoolMessage(self._masker)
        message.take(_dumps(["result", time.time(), name, kind, value]).encode())
        for kind, fields in [
            frame
            for name, result in message.results.items()
            for frame in self._result(name, *result)
        ]:
            self._frames.write(kind, **fields)

    def _may_write(self, size: int) -> bool:
        """Takes ``size`` bytes of the budget; returns False, taking none, where they do not fit."""
        granted = self._budget.take(size)
        if granted < size:
            self._budget.give_back(granted)
            self._budget.cut += granted
        return granted == size

    def _result(self, name: str, kind: str, text: str, at: float) -> List[Tuple[str, Any]]:
        if not self._knows(self._result_names, name, MAX_RESULTS):
            return []
        if not self._may_write(len(to_bytes(text)) + _OVERHEAD):
            print(
                f"[jupyter_batch: the output limit is reached; result {name!r} is left out]",
                flush=True,
            )
            return []
        now = time.time()
        head = {"name": name, "type": kind, "told_at": at if abs(at - now) < _NOW_SECONDS else now}
        return [("result", {**head, "body": piece, "more": more}) for piece, more in slices(text)]

    def _items(
        self, name: str, done: List[str], failed: List[Dict[str, Any]]
    ) -> List[Tuple[str, Any]]:
        self._counts[name] = self._counts.get(name, 0) + len(done)
        if not self._may_write(sum(map(len, done)) + _OVERHEAD * len(done)):
            print(
                f"[jupyter_batch: the output limit is reached; keys of {name!r} are left out]",
                flush=True,
            )
            done = []
        parts: List[Tuple[str, Any]] = []
        for lot in _lots(done):
            parts.append(("items", {"name": name, "done": lot}))
        sizes = [len(one["key"] or "") + len(one["error"]) + _OVERHEAD for one in failed]
        if not self._may_write(4 * sum(sizes)):
            failed = []
        for start in range(0, len(failed), _FAILURES):
            some = failed[start : start + _FAILURES]
            parts.append(("items", {"name": name, "failed": some}))
        return parts


def prepare(folder: str, facts: Dict[str, Any], done: Any) -> str:
    """Writes the context files for the notebook; returns the path of the first."""
    path = os.path.join(folder, CONTEXT_NAME)
    if done:
        with open(os.path.join(folder, DONE_NAME), "w", encoding="utf-8") as file:
            json.dump(done, file)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(facts, file)
    return path


def _lots(keys: List[str]) -> List[List[str]]:
    lots: List[List[str]] = []
    size = _KEYS_CHARS
    for key in keys:
        if size >= _KEYS_CHARS:
            lots.append([])
            size = 0
        lots[-1].append(key)
        size += len(key) + 3
    return lots


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return value if abs(value) <= _MOST else None  # not NaN, nor the infinities


def _dumps(value: Any, ensure_ascii: bool = True) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=ensure_ascii, allow_nan=False)
