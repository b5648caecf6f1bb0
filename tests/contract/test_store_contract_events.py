"""The contract of every store: events."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from jupyter_batch.domain.events import frame_event_id, state_data
from jupyter_batch.domain.run import Attempt, RunState
from jupyter_batch.testing import (
    AT,
    make_event,
    make_frozen,
    make_output,
    make_recording,
    make_run,
)

LATER = AT + timedelta(seconds=5)


@pytest.fixture
async def run(kit):
    return await kit.runs.add(make_run(), make_frozen())


def starting(run):
    attempt = Attempt(attempt_no=1, state=RunState.STARTING)
    return run.move_to(RunState.STARTING, at=LATER).with_attempt(attempt)


def running(run):
    return run.move_to(RunState.RUNNING, at=LATER)


def succeeded(run):
    return run.move_to(RunState.SUCCEEDED, at=LATER)


async def story(kit, run):
    await kit.runs.update(run.id, starting, at=LATER)
    await kit.records.record(
        make_recording(run.id, events=(make_event(run.id, 1), make_event(run.id, 2))), running
    )
    await kit.records.record(
        make_recording(
            run.id,
            outputs=(make_output(3, '"a"'), make_output(3, '"b"', no=1, op_no=1)),
            events=(make_event(run.id, 4),),
        )
    )
    await kit.records.record(make_recording(run.id, last_seq=4), succeeded)


async def test_a_new_run_has_its_first_event(kit, run):
    (event,) = await kit.records.events(run_id=run.id)
    assert (event.kind, event.event_id, event.at) == ("state", 1, run.created_at)
    assert event.data == state_data(run)
    assert event.position > 0


async def test_a_change_of_state_or_reason_makes_an_event_and_others_do_not(kit, run):
    await kit.runs.update(run.id, lambda old: replace(old, priority=3), at=LATER)
    await kit.runs.update(run.id, starting, at=LATER)
    await kit.runs.update(run.id, lambda old: replace(old, reason="pulling"), at=LATER)
    events = await kit.records.events(run_id=run.id)
    seen = [(event.data["state"], event.data["reason"]) for event in events]
    assert seen == [("queued", None), ("starting", None), ("starting", "pulling")]
    assert [event.event_id for event in events] == [1, 2, 3]
    assert events[-1].at == LATER


async def test_the_whole_story_of_a_run_in_order(kit, run):
    await story(kit, run)
    events = await kit.records.events(run_id=run.id)
    assert [event.kind for event in events] == [
        "state",
        "state",
        "progress",
        "progress",
        "state",
        "output",
        "progress",
        "state",
    ]
    assert [event.data.get("state") for event in events if event.kind == "state"] == [
        "queued",
        "starting",
        "running",
        "succeeded",
    ]
    ids = [event.event_id for event in events]
    assert ids == sorted(set(ids))
    assert ids[5] == frame_event_id(1, 3)


async def test_outputs_are_events_of_their_run_with_all_their_ops(kit, run):
    await story(kit, run)
    (event,) = [e for e in await kit.records.events(run_id=run.id) if e.kind == "output"]
    assert event.position == 0
    assert event.at == AT
    assert event.data == {
        "attempt_no": 1,
        "seq": 3,
        "ops": [
            {"op": "append", "cell": 0, "no": 0, "type": "stream", "body": '"a"', "more": False},
            {"op": "append", "cell": 0, "no": 1, "type": "stream", "body": '"b"', "more": False},
        ],
    }


async def test_what_is_heard_is_what_is_read_back(kit, run):
    await story(kit, run)
    assert tuple(kit.heard.events) == await kit.records.events(run_id=run.id)


async def test_a_run_is_read_on_from_any_event(kit, run):
    await story(kit, run)
    events = await kit.records.events(run_id=run.id)
    for number, event in enumerate(events):
        rest = await kit.records.events(run_id=run.id, after=event.event_id)
        assert rest == events[number + 1 :]


async def test_a_run_is_read_in_parts_without_loss(kit, run):
    await kit.records.record(
        make_recording(
            run.id,
            outputs=tuple(make_output(seq, f'"{seq}"', no=seq) for seq in range(1, 60, 2)),
            events=tuple(make_event(run.id, seq) for seq in range(2, 60, 2)),
        )
    )
    everything = await kit.records.events(run_id=run.id)
    assert len(everything) == 60
    read: list[Any] = []
    while part := await kit.records.events(
        run_id=run.id, after=read[-1].event_id if read else 0, limit=7
    ):
        assert len(part) <= 7
        read += part
    assert tuple(read) == everything


async def test_events_of_a_second_attempt_follow(kit, run):
    await story(kit, run)
    await kit.records.record(
        make_recording(run.id, attempt_no=2, outputs=(make_output(1, '"again"'),))
    )
    events = await kit.records.events(run_id=run.id)
    assert events[-1].event_id == frame_event_id(2, 1)
    assert events[-1].data["attempt_no"] == 2


async def test_recording_again_publishes_and_stores_nothing(kit, run):
    recording = make_recording(
        run.id, outputs=(make_output(1, '"a"'),), events=(make_event(run.id, 2),)
    )
    await kit.records.record(recording)
    heard, stored = list(kit.heard.events), await kit.records.events(run_id=run.id)
    await kit.records.record(recording)
    assert kit.heard.events == heard
    assert await kit.records.events(run_id=run.id) == stored


async def test_events_of_all_runs_come_by_position_without_outputs(kit, run):
    other = await kit.runs.add(make_run(), make_frozen())
    await story(kit, run)
    await kit.runs.update(other.id, starting, at=LATER)
    events = await kit.records.events()
    positions = [event.position for event in events]
    assert positions == sorted(set(positions))
    assert "output" not in {event.kind for event in events}
    assert {event.run_id for event in events} == {run.id, other.id}
    assert await kit.records.last_position() == positions[-1]
    assert await kit.records.events(after=positions[2], limit=2) == events[3:5]
    assert await kit.records.events(after=positions[-1]) == ()


async def test_there_is_no_position_before_the_first_event(kit):
    assert await kit.records.last_position() == 0
    assert await kit.records.events() == ()


async def test_positions_never_come_again(kit, run):
    before = await kit.records.last_position()
    await kit.runs.delete([run.id])
    again = await kit.runs.add(make_run(), make_frozen())
    (event,) = await kit.records.events(run_id=again.id)
    assert event.position > before


async def test_outputs_can_be_left_out_of_a_run_s_events(kit, run):
    await story(kit, run)
    everything = await kit.records.events(run_id=run.id)
    plain = [event for event in everything if event.kind != "output"]
    assert len(plain) < len(everything)
    assert await kit.records.events(run_id=run.id, outputs=False) == tuple(plain)
    assert await kit.records.events(run_id=run.id, after=plain[0].event_id, outputs=False) == tuple(
        plain[1:]
    )
