from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_batch.runner.budget import Budget
from jupyter_batch.runner.masking import Masker
from jupyter_batch.runner.ops import OutputStream


class Frames:
    """Keeps what is written."""

    def __init__(self):
        self.frames = []

    def write(self, kind, **fields):
        assert kind == "output"
        self.frames.append(fields["ops"])

    @property
    def ops(self):
        return [op for frame in self.frames for op in frame]

    def replay(self):
        cells = {}
        for op in self.ops:
            cell = cells.setdefault(op["cell"], [])
            if op["op"] == "clear":
                cell.clear()
            elif op["op"] == "append":
                assert op["no"] == len(cell)
                cell.append(op["body"])
            elif op["op"] == "replace":
                cell[op["no"]] = op["body"]
            else:
                assert op["op"] == "more"
                cell[op["no"]] += op["body"]
        return {index: [json.loads(body) for body in cell] for index, cell in cells.items() if cell}


def _stream(text):
    return {"output_type": "stream", "name": "stdout", "text": text}


def _data(text):
    return {"output_type": "display_data", "data": {"text/plain": text}, "metadata": {}}


def _outputs(limit=1_000_000, secrets=None):
    frames, budget = Frames(), Budget(limit)
    return frames, budget, OutputStream(frames, Masker(secrets or {}), budget)


_CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(0, 2), st.text(max_size=5)),
        st.tuples(st.just("replace"), st.integers(0, 2), st.text(max_size=5)),
        st.tuples(st.just("clear"), st.integers(0, 2), st.just("")),
        st.tuples(st.just("flush"), st.just(0), st.just("")),
    ),
    max_size=40,
)


@given(_CHANGES)
def test_replayed_ops_give_the_outputs_that_there_were(changes):
    frames, _, outputs = _outputs()
    kept = {}
    for change, cell, text in changes:
        there = kept.setdefault(cell, [])
        if change == "append":
            there.append(_data(text))
            outputs.append(cell, there[-1])
        elif change == "replace" and there:
            no = len(text) % len(there)
            there[no] = _data(text)
            outputs.replace(cell, no, there[no])
        elif change == "clear":
            there.clear()
            outputs.clear(cell)
        elif change == "flush":
            outputs.flush()
    outputs.flush()
    assert frames.replay() == {cell: there for cell, there in kept.items() if there}


def test_what_was_replaced_before_it_was_written_is_not_written():
    frames, budget, outputs = _outputs()
    outputs.append(0, _data("first"))
    for number in range(100):
        outputs.replace(0, 0, _data(str(number)))
    outputs.flush()
    assert [op["op"] for op in frames.ops] == ["append"]
    assert budget.take(1_000_000) > 999_000


def test_adjacent_streams_stay_apart():
    frames, _, outputs = _outputs()
    outputs.append(0, _stream("a"))
    outputs.append(0, _stream("b"))
    outputs.flush()
    assert frames.replay() == {0: [_stream("a"), _stream("b")]}


@pytest.mark.parametrize("size", [1, 300_000, 3_000_000])
def test_no_frame_is_too_large(size):
    frames, _, outputs = _outputs(limit=100_000_000)
    for piece in ('"', "é", "a"):
        outputs.append(0, _stream(piece * size))
    outputs.flush()
    assert frames.replay() == {0: [_stream(piece * size) for piece in ('"', "é", "a")]}
    for frame in frames.frames:
        assert len(json.dumps(frame, ensure_ascii=False).encode()) < 500 * 1024


def test_what_waits_is_written_without_being_asked_for():
    frames, _, outputs = _outputs()
    written = __import__("threading").Event()
    frames.write = lambda kind, **fields: written.set()
    outputs.append(0, _stream("a"))
    assert written.wait(10)


def test_a_secret_is_masked_before_the_output_is_sliced():
    frames, _, outputs = _outputs(limit=10_000_000, secrets={"S": "s3cret"})
    outputs.append(0, _stream("x" * 245_700 + "s3cret" * 10))
    outputs.flush()
    assert frames.replay()[0][0]["text"].endswith("x***" + "***" * 9)


def test_what_goes_beyond_the_limit_is_cut_once_per_cell_with_a_marker():
    frames, budget, outputs = _outputs(limit=1000)
    outputs.append(0, _stream("a" * 2000))
    outputs.append(0, _data("b" * 300))
    outputs.replace(0, 1, _data("c"))
    outputs.append(1, _data("d"))
    outputs.flush()
    (cut, marker), (other,) = frames.replay()[0], frames.replay()[1]
    assert cut["text"] == "a" * len(cut["text"])
    assert 800 < len(cut["text"]) <= 1000
    assert marker == other
    assert "the output limit of 1000 bytes is reached" in marker["text"]
    assert budget.cut > 1300


def test_an_error_is_told_beyond_the_limit():
    frames, _, outputs = _outputs(limit=10)
    error = {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["line"]}
    outputs.append(0, _stream("a" * 200))
    outputs.append(0, error)
    outputs.flush()
    assert frames.replay()[0][-1] == error


def test_a_large_error_beyond_the_limit_keeps_its_name():
    frames, _, outputs = _outputs(limit=10)
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
