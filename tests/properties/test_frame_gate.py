"""Frames in all shapes: none that cannot be true gets through, and what gets through can be stored.

``FRAMES`` says how many are tried: some thousands unless JUPYTER_BATCH_FRAMES is set.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import os
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_batch.domain import frames
from jupyter_batch.domain.events import frame_event_id
from jupyter_batch.domain.frame_gate import MAX_CELLS, FrameGate, FrameLimits
from jupyter_batch.errors import RecordRefused
from jupyter_batch.executors.frame_reader import AttemptReader
from jupyter_batch.runner.signing import sign

FRAMES = int(os.environ.get("JUPYTER_BATCH_FRAMES", "4000"))
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
AT = NOW.timestamp()
LIMITS = FrameLimits(max_output_bytes=10_000, max_artifact_bytes=1000, max_bundle_bytes=10_000)
KEY = b"k" * 32


def artifact(path: str, content: bytes, **changes: Any) -> dict[str, Any]:
    return {
        "kind": "artifact",
        "path": path,
        "data": base64.b64encode(content).decode(),
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    } | changes


def life() -> list[dict[str, Any]]:
    """Returns a runner's frames for a notebook of two cells, without number and time."""
    cells = [{"cell_type": "code", "source": "x"}] * 2
    text = {"op": "append", "type": "stream", "body": '{"output_type":"stream"}'}
    told: list[dict[str, Any]] = [
        {"kind": "ready", "python": "3.11", "papermill": "2.7"},
        {"kind": "document", "name": "skeleton", "body": json.dumps({"cells": cells})},
        {"kind": "heartbeat", "memory_bytes": 1, "peak_memory_bytes": 2, "cpu_seconds": 0.5},
        {"kind": "started", "cells_total": 2, "kernel_name": "python3", "language": "python"},
    ]
    for cell in (0, 1):
        about = {"cell": cell, "cell_type": "code", "source": "x"}
        told += [
            {"kind": "cell_started", **about},
            {"kind": "output", "ops": [{**text, "cell": cell, "no": 0}]},
            {"kind": "progress", "name": "loop", "data": {"processed": 1}, "spool": 10},
            {"kind": "items", "name": "loop", "done": ["1"], "spool": 20},
            {"kind": "result", "name": f"r{cell}", "type": "number", "body": "1", "told_at": AT},
            {"kind": "output", "ops": [{**text, "op": "replace", "cell": cell, "no": 0}]},
            {"kind": "output", "ops": [{"op": "clear", "cell": cell}]},
            {
                "kind": "cell_finished",
                **about,
                "state": "succeeded",
                "execution_count": 1,
                "started_at": AT,
                "finished_at": AT + 1,
                "metadata": {},
            },
        ]
    first = base64.b64encode(b"ab").decode()
    return [
        *told,
        {"kind": "document", "name": "metadata", "body": "{}"},
        {"kind": "artifact", "path": "a/b.txt", "data": first, "more": True},
        artifact("a/b.txt", b"cd", size=4, sha256=hashlib.sha256(b"abcd").hexdigest()),
        {"kind": "finished", "verdict": "succeeded", "cause": "done"},
    ]


def numbered(told: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"v": 1, "seq": seq, "at": AT, **one} for seq, one in enumerate(told, start=1)]


def check_all(told: list[dict[str, Any]]) -> list[frames.AnyFrame]:
    """Returns what gets through; raises RecordRefused for the first that does not."""
    gate = FrameGate(LIMITS, since=NOW - timedelta(minutes=1))
    passed = []
    for one in told:
        frame = frames.decode_frame(json.dumps(one).encode())
        gate.check(frame, NOW)
        passed.append(frame)
    return passed


def test_a_whole_life_gets_through():
    assert len(check_all(numbered(life()))) == len(life())


@pytest.mark.parametrize("end", range(len(life())))
def test_nothing_comes_twice_or_before_its_time(end):
    """Each frame but those of the moment, said again after another or left out."""
    told = life()
    if told[end]["kind"] in ("cell_started", "cell_finished", "ready", "started", "finished"):
        with pytest.raises(RecordRefused):
            check_all(numbered([*told[: end + 1], *told[end:]]))
    if told[end]["kind"] in ("cell_started", "cell_finished", "ready", "started"):
        with pytest.raises(RecordRefused):
            check_all(numbered([*told[:end], *told[end + 1 :]]))


@pytest.mark.parametrize(
    ("place", "change", "why"),
    [
        (0, {"seq": 2**62}, "out of range"),
        (0, {"seq": 2**32}, "out of range"),
        (0, {"seq": 2_000_000}, "far ahead"),
        (0, {"seq": 0}, "out of range"),
        (0, {"seq": -1}, "out of range"),
        (0, {"at": 1e300}, "its time"),
        (0, {"at": 0.0}, "more than a day"),
        (0, {"v": 2}, "version"),
        (2, {"memory_bytes": 2**62}, "memory"),
        (2, {"memory_bytes": -1}, "memory"),
        (2, {"cpu_seconds": 1e200}, "cpu"),
        (1, {"name": "other"}, "document"),
        (3, {"cells_total": -1}, "number of cells"),
        (3, {"cells_total": 2**40}, "number of cells"),
        (4, {"cell": 1}, "next cell"),
        (4, {"cell": 2}, "no such cell"),
        (4, {"cell": -1}, "no such cell"),
        (4, {"cell_type": "magic"}, "type"),
        (5, {"ops": [{"op": "append", "cell": 1, "type": "stream"}]}, "not started"),
        (5, {"ops": [{"op": "append", "cell": 0, "no": 1, "type": "stream"}]}, "next output"),
        (5, {"ops": [{"op": "replace", "cell": 0, "no": 0, "type": "stream"}]}, "to replace"),
        (5, {"ops": [{"op": "append", "cell": 0, "no": 2**40, "type": "stream"}]}, "out of range"),
        (5, {"ops": [{"op": "more", "cell": 0}]}, "slice"),
        (5, {"ops": [{"op": "drop", "cell": 0}]}, "no such change"),
        (5, {"ops": [{"op": "append", "cell": 0, "type": "virus"}]}, "type"),
        (6, {"spool": 2**60}, "spool"),
        (6, {"spool": -1}, "spool"),
        (6, {"name": "x" * 5000}, "too long"),
        (7, {"done": ["1\n2"]}, "line"),
        (8, {"type": "virus"}, "type"),
        (8, {"told_at": 1e12}, "more than a day"),
        (11, {"state": "running"}, "still runs"),
        (11, {"execution_count": 2**40}, "execution_count"),
        (11, {"started_at": -1e15}, "more than a day"),
        (11, {"memory_bytes": 2**70}, "memory"),
        (11, {"cell": 1}, "not started"),
        (-3, {"data": "not base64!"}, "base64"),
        (-3, {"data": base64.b64encode(b"x" * 2000).decode()}, "bytes of artifacts"),
        (-2, {"size": 2**40}, "size"),
        (-2, {"sha256": "0" * 64}, "sha256"),
        (-2, {"path": "other"}, "not whole"),
        (-1, {"verdict": "excellent"}, "verdict"),
        (-1, {"exit_code": 2**40}, "exit_code"),
        (-1, {"cut_bytes": -1}, "cut_bytes"),
        (-1, {"cells_not_run": 2**62}, "cells_not_run"),
        (-1, {"peak_memory_bytes": 2**62}, "memory"),
    ],
)
def test_a_field_out_of_bounds_is_refused(place, change, why):
    told = numbered(life())
    told[place] |= change
    with pytest.raises(RecordRefused, match=why):
        check_all(told)


def test_more_than_the_limits_is_refused():
    body = "x" * 1000
    told = life()[:5]
    for number in range(70_000):
        op = {"op": "append", "cell": 0, "no": number, "type": "stream", "body": body}
        told.append({"kind": "output", "ops": [op]})
    with pytest.raises(RecordRefused, match="more output"):
        check_all(numbered(told))
    told = [*life()[:-3], *[artifact(f"{n}", b"x" * 100) for n in range(11)]]
    with pytest.raises(RecordRefused, match="bytes of artifacts"):
        check_all(numbered(told))


def test_a_verdict_before_its_time_is_refused():
    told = life()
    for end in range(len(told) - 1):
        is_over = told[end - 1]["kind"] in ("document", "artifact") and end > 20
        if not is_over and end != len(told) - 4:
            with pytest.raises(RecordRefused):
                check_all(numbered([*told[:end], told[-1]]))


def test_what_an_engine_has_lost_is_forgiven():
    told = numbered(life())
    for gone in range(len(told) - 1):
        check_all([*told[:gone], *told[gone + 1 :]])


_nasty = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.sampled_from([2**31, 2**32, 2**53, 2**62, 2**63, -1, 0, 10**30]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.sampled_from(["\0", "../../x", "/etc/passwd", "x" * 70_000, "\u202e", "1\n2", "\ud800"]),
    st.lists(st.integers(), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(-(2**70), 2**70), max_size=3),
)


def mutated(told: list[dict[str, Any]], draw: random.Random, value: Any) -> None:
    """Changes a field of a frame somewhere, or moves, doubles or drops a frame."""
    place = draw.randrange(len(told))
    action = draw.randrange(6)
    if action == 0:
        told.insert(draw.randrange(len(told)), copy.deepcopy(told[place]))
    elif action == 1 and len(told) > 1:
        del told[place]
    elif action == 2:
        told[place]["seq"] = value
    elif isinstance(ops := told[place].get("ops"), list) and ops and isinstance(ops[0], dict):
        ops[0][draw.choice(["op", "cell", "no", "type", "body", "more"])] = copy.deepcopy(value)
    else:
        told[place][draw.choice(list(told[place]))] = copy.deepcopy(value)


def must_hold(frame: frames.AnyFrame, *, has_gap: bool) -> None:
    """Asserts what the store, the clients and JavaScript need of every number and time."""
    assert frame_event_id(2**10, frame.seq) < 2**53
    assert abs(frame.at - AT) <= 2 * 86_400
    for name in frame.__struct_fields__:
        value = getattr(frame, name)
        if isinstance(value, int) and not isinstance(value, bool):
            assert -(2**63) <= value < 2**63, (frame, name)
    if isinstance(frame, frames.CellStarted | frames.CellFinished):
        # Of two, unless the frame that says so is one that has been lost.
        assert 0 <= frame.cell < (MAX_CELLS if has_gap else 2)


@settings(max_examples=max(1, FRAMES // 20), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**64), st.lists(_nasty, min_size=1, max_size=4))
def test_whatever_gets_through_can_be_stored(seed, values):
    draw = random.Random(seed)
    told = numbered(life())
    for value in values:
        mutated(told, draw, value)
    gate = FrameGate(LIMITS, since=NOW - timedelta(minutes=1))
    sizes: dict[str, int] = {}
    last, has_gap = 0, False
    for one in told:
        try:
            frame = frames.decode_frame(json.dumps(one).encode())
            gate.check(frame, NOW)
        except (msgspec.DecodeError, RecordRefused):
            break
        has_gap |= frame.seq != last + 1
        last = frame.seq
        must_hold(frame, has_gap=has_gap)
        if isinstance(frame, frames.ArtifactChunk):
            sizes[frame.path] = sizes.get(frame.path, 0) + len(frame.content())
            assert frame.more or not gate.is_artifact_whole or frame.size == sizes[frame.path]
    assert gate.output_bytes <= LIMITS.max_output_bytes + 2**27
    assert gate.artifact_bytes <= LIMITS.max_artifact_bytes


@settings(max_examples=max(1, FRAMES // 20), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 2**64), st.lists(_nasty, min_size=1, max_size=4), st.binary())
def test_no_forged_line_is_taken_for_a_frame(seed, values, garbage):
    """Forged lines between true ones, in any form: what is read is what the runner has written."""
    draw = random.Random(seed)
    true = [sign(json.dumps(one).encode(), KEY) for one in numbered(life())]
    forged = numbered(life())
    for value in values:
        mutated(forged, draw, value)
    lines = list(true)
    for one in forged[:5]:
        text = json.dumps(one).encode()
        form = draw.randrange(4)
        line = [text, sign(text, b"l" * 32), text[: draw.randrange(len(text))], garbage][form]
        lines.insert(draw.randrange(len(lines)), line)
    reader = AttemptReader(max_log_bytes=10**6, key=KEY)
    try:
        reader.stdout(b"\n".join(lines) + b"\n")
    except RecordRefused:
        pass
    taken = [item for item in reader.take() if not hasattr(item, "line_no")]
    expected = [frames.decode_frame(line) for line in true]
    # Without what was lost to a line without an end; and a runner may fail before its first.
    unsigned = [one for one in taken if one not in expected]
    for ending in unsigned:
        assert isinstance(ending, frames.Finished)
        assert ending.verdict != "succeeded"
        assert ending is taken[0]
