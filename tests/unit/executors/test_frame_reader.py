"""Streams of bytes into frames and numbered lines."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence

from jupyter_batch.domain.frames import Finished, Heartbeat
from jupyter_batch.domain.recording import LogLine
from jupyter_batch.executors.frame_reader import MAX_LOG_LINE, AttemptReader
from jupyter_batch.runner.streams import LOG_END

LIMIT = 10 * 1024 * 1024


def heartbeat(seq: int) -> bytes:
    fields = {"memory_bytes": 1, "peak_memory_bytes": 1, "cpu_seconds": 0.5}
    return (
        json.dumps({"v": 1, "seq": seq, "at": 1.0, "kind": "heartbeat", **fields}).encode() + b"\n"
    )


def finished() -> bytes:
    return b'{"v":1,"seq":9,"at":1.0,"kind":"finished","verdict":"succeeded","cause":"done"}\n'


def lines(items: Sequence[object]) -> list[str]:
    return [item.text for item in items if isinstance(item, LogLine)]


def test_frames_and_lines_come_in_the_order_of_their_newlines():
    reader = AttemptReader(max_log_bytes=LIMIT)
    reader.stdout(heartbeat(1)[:10])
    reader.stderr(b"one\ntwo\n")
    reader.stdout(heartbeat(1)[10:])
    first, second, frame = reader.take()
    assert first == LogLine(line_no=1, text="one")
    assert second == LogLine(line_no=2, text="two")
    assert isinstance(frame, Heartbeat)


def test_a_line_that_is_no_frame_becomes_a_line_of_the_log():
    reader = AttemptReader(max_log_bytes=LIMIT)
    reader.stdout(b'Segmentation fault\n{"v":1}\n\xff\xfe\n' + heartbeat(1))
    items = reader.take()
    assert [
        line.endswith(text) for line, text in zip(lines(items), ["fault", "1}", "��"], strict=True)
    ]
    assert all("no frame" in line for line in lines(items))
    assert isinstance(items[-1], Heartbeat)


def test_empty_lines_of_the_log_count_and_those_of_stdout_do_not():
    reader = AttemptReader(max_log_bytes=LIMIT)
    reader.stdout(b"\n\n")
    reader.stderr(b"\n\nx\n")
    assert lines(reader.take()) == ["", "", "x"]


def test_what_stands_after_the_last_newline_is_told_at_the_end():
    reader = AttemptReader(max_log_bytes=LIMIT)
    reader.stderr(b"a\nb")
    reader.stdout(finished()[:-1])
    assert lines(reader.take()) == ["a"]
    assert not reader.has_finished
    reader.end()
    frame, line = reader.take()
    assert isinstance(frame, Finished)
    assert line == LogLine(line_no=2, text="b")
    assert reader.has_finished


def test_a_very_long_line_is_told_in_pieces_whatever_the_cuts():
    text = b"x" * (3 * MAX_LOG_LINE + 5) + b"\n" + b"y" * MAX_LOG_LINE + b"\nz\n"
    wanted = [MAX_LOG_LINE] * 3 + [5, MAX_LOG_LINE, 1]
    for seed in range(20):
        random.seed(seed)
        reader = AttemptReader(max_log_bytes=LIMIT)
        at = 0
        while at < len(text):
            size = random.choice((1, 100, MAX_LOG_LINE, MAX_LOG_LINE - 1, 1_000_000))
            reader.stderr(text[at : at + size])
            at += size
        assert [len(line) for line in lines(reader.take())] == wanted


def test_a_line_of_exact_pieces_has_no_empty_one_after_it():
    reader = AttemptReader(max_log_bytes=LIMIT)
    reader.stderr(b"x" * (2 * MAX_LOG_LINE) + b"\nnext\n")
    assert [len(line) for line in lines(reader.take())] == [MAX_LOG_LINE, MAX_LOG_LINE, 4]


def test_reading_again_passes_over_what_was_taken_before():
    text = b"".join(heartbeat(n) for n in range(1, 6))
    first = AttemptReader(max_log_bytes=LIMIT)
    first.stdout(text[: len(text) // 2])
    first.stderr(b"one\n")
    seen = first.take()
    again = AttemptReader(max_log_bytes=LIMIT, skip=first.count)
    again.stdout(text[: len(text) // 2])
    again.stderr(b"one\ntwo\n")
    again.stdout(text[len(text) // 2 :])
    rest = again.take()
    assert [i.seq for i in [*seen, *rest] if isinstance(i, Heartbeat)] == [1, 2, 3, 4, 5]
    assert lines(rest) == ["two"]


def test_what_waits_weighs_as_much_as_its_lines_however_they_are_cut():
    op = {"op": "append", "cell": 0, "no": 0, "type": "stream", "body": "x" * 300_000}
    frame = {"v": 1, "seq": 1, "at": 1.0, "kind": "output", "ops": [op]}
    text = json.dumps(frame).encode() + b"\n"
    reader = AttemptReader(max_log_bytes=LIMIT)
    # As an engine gives a long line back.
    for start in range(0, len(text), 16 * 1024):
        reader.stdout(text[start : start + 16 * 1024])
    reader.stderr(b"y" * 1000 + b"\n")
    assert 301_000 < reader.weight < 303_000
    assert len(reader.take()) == 2
    assert reader.weight == 0


def test_what_is_passed_over_weighs_nothing():
    reader = AttemptReader(max_log_bytes=LIMIT, skip=1)
    reader.stderr(b"one\n")
    assert (reader.count, reader.weight, reader.take()) == (1, 0, [])


def test_a_log_beyond_the_limit_is_cut_with_a_word_and_frames_are_not():
    reader = AttemptReader(max_log_bytes=20)
    reader.stderr(b"0123456789\n0123456789\n0123456789\n")
    reader.stdout(heartbeat(1))
    items = reader.take()
    assert lines(items)[0] == "0123456789"
    assert "left out" in lines(items)[-1]
    assert len(lines(items)) == 2
    assert isinstance(items[-1], Heartbeat)


def test_text_that_is_no_utf8_is_replaced():
    reader = AttemptReader(max_log_bytes=LIMIT)
    reader.stderr(b"a\xffb\n")
    assert lines(reader.take()) == ["a�b"]


def test_the_verdict_and_the_end_of_the_log_are_all_there_is_in_whatever_order():
    for first, second in ((finished(), LOG_END + b"\n"), (LOG_END + b"\n", finished())):
        reader = AttemptReader(max_log_bytes=LIMIT)
        for piece in (b"a line\n", first):
            (reader.stdout if piece.startswith(b"{") else reader.stderr)(piece)
            assert not reader.is_complete
        (reader.stdout if second.startswith(b"{") else reader.stderr)(second)
        assert reader.is_complete
        # The mark itself is no line of the log.
        assert lines(reader.take()) == ["a line"]
