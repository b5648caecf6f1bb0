from __future__ import annotations

import json
import os
import threading

import pytest

from jupyter_batch.domain.frames import Document, ProgressFrame, decode_frame
from jupyter_batch.runner.frame_writer import MAX_LINE, FrameWriter, slices, to_bytes, to_json


def _written(tmp_path, write):
    path = tmp_path / "frames"
    fd = os.open(path, os.O_WRONLY | os.O_CREAT)
    write(FrameWriter(fd))
    os.close(fd)
    return path.read_bytes().splitlines(keepends=True)


@pytest.mark.parametrize(
    "piece", ["plain ", '"\\', "é", "\U0001f389", "\x1b[31m", "\u2028\u0001"], ids=ascii
)
def test_every_document_fits_into_lines_and_comes_back_whole(tmp_path, piece):
    text = to_json({"text": piece * 300_000})
    lines = _written(tmp_path, lambda frames: frames.write_document("skeleton", text))
    told = [decode_frame(line) for line in lines]
    assert max(map(len, lines)) <= MAX_LINE
    documents = [frame for frame in told if isinstance(frame, Document)]
    assert documents == told
    assert "".join(frame.body for frame in documents) == text
    assert [frame.more for frame in documents] == [True] * (len(told) - 1) + [False]
    assert [frame.seq for frame in told] == list(range(1, len(told) + 1))


def test_a_short_text_is_one_slice():
    assert list(slices("")) == [("", False)]


def test_numbers_that_json_has_not_become_null():
    value = {"a": [float("nan"), float("inf"), 1.5], "b": (float("-inf"),)}
    assert json.loads(to_json(value)) == {"a": [None, None, 1.5], "b": [None]}


def test_lone_surrogates_are_replaced():
    assert to_bytes("a\ud800b\udfff") == "a\ufffdb\ufffd".encode()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a disk always full")
def test_a_full_disk_is_waited_for(tmp_path):
    fd = os.open("/dev/full", os.O_WRONLY)
    frames = FrameWriter(fd)
    writing = threading.Thread(target=frames.write, args=("progress",), kwargs={"name": "x"})
    writing.start()
    writing.join(0.1)
    assert writing.is_alive()
    path = tmp_path / "frames"
    with path.open("wb") as roomy:
        os.dup2(roomy.fileno(), fd)
    writing.join(10)
    os.close(fd)
    frame = decode_frame(path.read_bytes())
    assert isinstance(frame, ProgressFrame)
    assert frame.name == "x"
