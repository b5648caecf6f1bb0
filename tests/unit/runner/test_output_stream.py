from __future__ import annotations

import json

import pytest

from tests.unit.runner.recorded import data_of, new_outputs, stream_of


def test_what_was_replaced_before_it_was_written_is_not_written():
    frames, budget, outputs = new_outputs()
    outputs.append(0, data_of("first"))
    for number in range(100):
        outputs.replace(0, 0, data_of(str(number)))
    outputs.flush()
    assert [op["op"] for op in frames.ops] == ["append"]
    assert budget.take(1_000_000) > 999_000


def test_adjacent_streams_stay_apart():
    frames, _, outputs = new_outputs()
    outputs.append(0, stream_of("a"))
    outputs.append(0, stream_of("b"))
    outputs.flush()
    assert frames.replay() == {0: [stream_of("a"), stream_of("b")]}


@pytest.mark.parametrize("size", [1, 300_000, 3_000_000])
def test_no_frame_is_too_large(size):
    frames, _, outputs = new_outputs(limit=100_000_000)
    for piece in ('"', "é", "a"):
        outputs.append(0, stream_of(piece * size))
    outputs.flush()
    assert frames.replay() == {0: [stream_of(piece * size) for piece in ('"', "é", "a")]}
    for frame in frames.frames:
        assert len(json.dumps(frame, ensure_ascii=False).encode()) < 500 * 1024


def test_what_waits_is_written_without_being_asked_for():
    frames, _, outputs = new_outputs()
    written = __import__("threading").Event()
    frames.write = lambda kind, **fields: written.set()
    outputs.append(0, stream_of("a"))
    assert written.wait(10)


def test_a_secret_is_masked_before_the_output_is_sliced():
    frames, _, outputs = new_outputs(limit=10_000_000, secrets={"S": "s3cret"})
    outputs.append(0, stream_of("x" * 245_700 + "s3cret" * 10))
    outputs.flush()
    assert frames.replay()[0][0]["text"].endswith("x***" + "***" * 9)


def test_what_goes_beyond_the_limit_is_cut_once_per_cell_with_a_marker():
    frames, budget, outputs = new_outputs(limit=1000)
    outputs.append(0, stream_of("a" * 2000))
    outputs.append(0, data_of("b" * 300))
    outputs.replace(0, 1, data_of("c"))
    outputs.append(1, data_of("d"))
    outputs.flush()
    (cut, marker), (other,) = frames.replay()[0], frames.replay()[1]
    assert cut["text"] == "a" * len(cut["text"])
    assert 800 < len(cut["text"]) <= 1000
    assert marker == other
    assert "the output limit of 1000 bytes is reached" in marker["text"]
    assert budget.cut > 1300


def test_an_error_is_told_beyond_the_limit():
    frames, _, outputs = new_outputs(limit=10)
    error = {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["line"]}
    outputs.append(0, stream_of("a" * 200))
    outputs.append(0, error)
    outputs.flush()
    assert frames.replay()[0][-1] == error


def test_a_large_error_beyond_the_limit_keeps_its_name():
    frames, _, outputs = new_outputs(limit=10)
    outputs.append(
        0, {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["x" * 100_000]}
    )
    outputs.flush()
    assert frames.replay()[0][0] == {
        "output_type": "error",
        "ename": "E",
        "evalue": "v",
        "traceback": [],
    }


def test_a_secret_in_two_flushes_is_masked():
    frames, _, outputs = new_outputs(secrets={"S": "s3cret-value"})
    outputs.append(0, stream_of("before s3cr"))
    outputs.flush()
    assert frames.replay()[0] == [stream_of("before ")]
    outputs.append(0, data_of("between"))
    outputs.append(0, stream_of("et-value after"))
    outputs.flush()
    assert frames.replay()[0] == [
        stream_of("before ***"),
        data_of("between"),
        stream_of(" after"),
    ]


@pytest.mark.parametrize("end", ["end_cell", "end"])
def test_what_was_only_like_a_secret_comes_with_the_end(end):
    frames, _, outputs = new_outputs(secrets={"S": "s3cret-value"})
    outputs.append(0, stream_of("yes"))
    outputs.flush()
    assert frames.replay()[0] == [stream_of("ye")]
    outputs.end() if end == "end" else outputs.end_cell(0)
    outputs.flush()
    assert frames.replay()[0] == [stream_of("yes")]


def test_two_streams_are_held_apart():
    frames, _, outputs = new_outputs(secrets={"S": "s3cret-value"})
    outputs.append(0, stream_of("s3cret-"))
    outputs.append(0, {**stream_of("hello"), "name": "stderr"})
    outputs.append(0, stream_of("value"))
    outputs.flush()
    texts = [output["text"] for output in frames.replay()[0]]
    assert texts == ["***", "hello", ""]


def test_a_secret_that_comes_in_single_characters_is_masked():
    frames, _, outputs = new_outputs(secrets={"S": "s3cret-value"})
    for char in "a s3cret-value s":
        outputs.append(0, stream_of(char))
        outputs.flush()
    outputs.end()
    assert "".join(output["text"] for output in frames.replay()[0]) == "a *** s"


def test_outputs_that_were_cleared_do_not_come_back():
    frames, _, outputs = new_outputs(secrets={"S": "s3cret-value"})
    outputs.append(0, stream_of("a s3c"))
    outputs.clear(0)
    outputs.append(0, stream_of("ret-value"))
    outputs.end()
    assert frames.replay()[0] == [stream_of("ret-value")]


def test_what_is_held_at_the_limit_is_not_shown():
    frames, _, outputs = new_outputs(limit=100, secrets={"S": "s3cret-value"})
    outputs.append(0, stream_of("x" * 200 + "s3c"))
    outputs.append(0, stream_of("ret-value"))
    outputs.end()
    assert "ret-value" not in "".join(output["text"] for output in frames.replay()[0])
