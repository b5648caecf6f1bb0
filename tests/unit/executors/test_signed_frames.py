"""The frame reader drops frames that a notebook forges."""

from __future__ import annotations

import base64
import json
import random
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from jupyter_batch.domain.frames import Document, Finished, Heartbeat
from jupyter_batch.domain.recording import LogLine
from jupyter_batch.errors import RecordRefused
from jupyter_batch.executors.frame_keys import FrameKeys
from jupyter_batch.executors.frame_reader import MAX_FRAME_LINE, AttemptReader
from jupyter_batch.runner.compression import compressed
from jupyter_batch.runner.signing import is_signed, sign

KEY = b"k" * 32


def heartbeat(seq: int) -> bytes:
    fields = {"memory_bytes": 1, "peak_memory_bytes": 1, "cpu_seconds": 0.5}
    line = {"v": 1, "seq": seq, "at": 1.0, "kind": "heartbeat", **fields}
    return json.dumps(line, separators=(",", ":")).encode()


def verdict(seq: int, verdict: str) -> bytes:
    line = {"v": 1, "seq": seq, "at": 1.0, "kind": "finished", "verdict": verdict, "cause": "x"}
    return json.dumps(line, separators=(",", ":")).encode()


def reader(**changes: Any) -> AttemptReader:
    defaults: dict[str, Any] = {"max_log_bytes": 10**6, "key": KEY}
    return AttemptReader(**(defaults | changes))


def test_a_signature_holds_for_its_line_and_its_key_only():
    line = sign(heartbeat(1), KEY)
    assert json.loads(line)["seq"] == 1
    assert is_signed(line, KEY)
    assert not is_signed(line, b"l" * 32)
    assert not is_signed(heartbeat(1), KEY)
    assert not is_signed(line.replace(b'"seq":1', b'"seq":2'), KEY)
    assert not any(is_signed(line[:end], KEY) for end in range(len(line)))


def test_signed_frames_are_taken_and_lines_that_are_none_are_told():
    one = reader()
    one.stdout(
        sign(heartbeat(1), KEY) + b"\nSegmentation fault\n" + sign(heartbeat(2), KEY) + b"\n"
    )
    first, line, second = one.take()
    assert isinstance(first, Heartbeat)
    assert isinstance(line, LogLine)
    assert isinstance(second, Heartbeat)


@pytest.mark.parametrize(
    "forged",
    [
        heartbeat(2),
        heartbeat(2**62),
        verdict(2, "succeeded"),
        sign(heartbeat(2), b"l" * 32),
        b'{"seq":"x","kind":[]}',
        b' {"kind": "artifact"} ',
        sign(heartbeat(2), KEY).replace(b"heartbeat", b"heartbeaT"),
    ],
)
def test_a_forged_frame_is_refused_after_what_came_before_it(forged):
    one = reader()
    with pytest.raises(RecordRefused, match="tampered"):
        one.stdout(sign(heartbeat(1), KEY) + b"\n" + forged + b"\n")
    assert [item.seq for item in one.take() if not isinstance(item, LogLine)] == [1]


def test_a_frame_behind_something_without_an_end_is_not_lost():
    one = reader()
    one.stdout(b"x" * 100 + sign(heartbeat(1), KEY) + b"\n")
    line, frame = one.take()
    assert isinstance(line, LogLine)
    assert not isinstance(frame, LogLine)
    assert frame.seq == 1


def test_a_frame_that_an_engine_has_torn_is_no_forgery():
    one = reader()
    torn = sign(heartbeat(1), KEY)
    one.stdout(torn[:40] + b"\n" + torn[:40] + sign(heartbeat(2), KEY) + b"\n")
    assert [type(item) for item in one.take()] == [LogLine, LogLine, Heartbeat]


def test_before_it_has_its_key_a_runner_can_only_say_that_it_failed():
    one = reader()
    one.stdout(verdict(1, "failed") + b"\n")
    assert isinstance(one.take()[0], Finished)
    for forged in (verdict(1, "succeeded"), verdict(2, "failed"), heartbeat(1)):
        with pytest.raises(RecordRefused):
            reader().stdout(forged + b"\n")
    with pytest.raises(RecordRefused):
        reader().stdout(sign(heartbeat(1), KEY) + b"\n" + verdict(1, "failed") + b"\n")


def test_a_signed_frame_that_cannot_be_read_is_refused():
    deep = b'{"v":1,"seq":1,"at":1.0,"kind":"progress","name":"x","data":{"a":%b}}'
    for line in (deep % (b"[" * 5000 + b"]" * 5000), b'{"v":1,"seq":1.5,"at":1.0,"kind":"ready"}'):
        with pytest.raises(RecordRefused, match="cannot be read"):
            reader().stdout(sign(line, KEY) + b"\n")


def test_more_than_any_runner_writes_is_refused():
    one = reader(max_bytes=1000)
    one.stderr(b"x\n" * 400)
    with pytest.raises(RecordRefused, match="longer"):
        one.stdout(b"x\n" * 400)


def test_keys_are_the_same_for_the_next_owner_and_different_for_each_attempt(tmp_path):
    keys = FrameKeys(tmp_path)
    assert keys.of("r", 1) == FrameKeys(tmp_path).of("r", 1)
    assert len({keys.of("r", 1), keys.of("r", 2), keys.of("s", 1)}) == 3
    assert (tmp_path / "frames.key").stat().st_mode & 0o777 == 0o600
    (tmp_path / "other").mkdir()
    assert FrameKeys(tmp_path / "other").of("r", 1) != keys.of("r", 1)


@pytest.mark.parametrize("is_shared", [True, False])
def test_attempts_that_start_at_once_in_a_new_folder_get_keys_of_one_secret(tmp_path, is_shared):
    shared, barrier = FrameKeys(tmp_path), threading.Barrier(8)

    def ask(no: int) -> bytes:
        keys = shared if is_shared else FrameKeys(tmp_path)
        barrier.wait()
        return keys.of("r", no)

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(ask, range(8)))
    assert found == [FrameKeys(tmp_path).of("r", no) for no in range(8)]
    assert [path.name for path in tmp_path.iterdir()] == ["frames.key"]


def test_a_secret_that_was_cut_off_is_made_anew(tmp_path):
    (tmp_path / "frames.key").write_bytes(b"short")
    assert FrameKeys(tmp_path).of("r", 1) == FrameKeys(tmp_path).of("r", 1)
    assert len((tmp_path / "frames.key").read_bytes()) == 32


def document(seq: int, body: str) -> bytes:
    line = {"v": 1, "seq": seq, "at": 1.0, "kind": "document", "name": "skeleton", "body": body}
    return json.dumps(line, separators=(",", ":")).encode()


def bomb(size: int) -> bytes:
    body = base64.b64encode(zlib.compress(document(1, "x" * size)))
    return b'{"v":1,"seq":1,"compressed":"' + body + b'"}'


def test_a_compressed_frame_is_read_as_the_one_that_it_stands_for():
    plain = document(1, "0123456789\n" * 30_000)
    line = compressed(plain, 1)
    assert len(line) < len(plain) / 20
    assert json.loads(line)["seq"] == 1
    one = reader()
    one.stdout(sign(line, KEY) + b"\n" + sign(heartbeat(2), KEY) + b"\n")
    # Whoever waits for its reader has to know what it holds.
    assert one.weight > len(plain)
    frame, last = one.take()
    assert isinstance(frame, Document)
    assert frame.body == "0123456789\n" * 30_000
    assert isinstance(last, Heartbeat)


@pytest.mark.parametrize("body", ["short", random.Random(1).randbytes(200_000).hex()])
def test_what_would_not_become_much_shorter_is_not_compressed(body):
    plain = document(1, body)
    assert compressed(plain, 1) == plain


@pytest.mark.parametrize(
    "line",
    [
        bomb(2 * MAX_FRAME_LINE),
        bomb(20_000)[:-40] + b'"}',
        bomb(20_000).replace(b'"compressed":"', b'"compressed":"!'),
        b'{"v":1,"seq":1,"compressed":""}',
        b'{"v":1,"seq":1,"compressed":"AAAA"}',
    ],
)
def test_a_compressed_frame_that_cannot_be_true_is_refused(line):
    with pytest.raises(RecordRefused, match="cannot be true"):
        reader().stdout(sign(line, KEY) + b"\n")


def test_a_compressed_frame_that_is_not_signed_is_refused_unread():
    with pytest.raises(RecordRefused, match="tampered"):
        reader().stdout(bomb(20_000) + b"\n")


def test_what_compressed_frames_stand_for_counts():
    one = reader(max_bytes=100_000)
    with pytest.raises(RecordRefused, match="longer than any"):
        one.stdout(sign(compressed(document(1, "x" * 150_000), 1), KEY) + b"\n")
