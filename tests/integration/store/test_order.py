"""The view of readers while a recording is half written."""

from __future__ import annotations

from jupyter_batch.domain.run import RunState
from jupyter_batch.store.recording_writes import Item
from jupyter_batch.testing import (
    AT,
    make_event,
    make_frozen,
    make_output,
    make_recording,
    make_run,
)


def recording(run_id: str, seq: int):
    """An event and, after it, an output."""
    return make_recording(
        run_id,
        last_seq=seq + 1,
        events=(make_event(run_id, seq),),
        outputs=(make_output(seq + 1, '"text"'),),
    )


async def write_half(store, what) -> None:
    """Commits the outputs of a recording, and not yet the events."""
    recorder = store.records._record.__self__
    await store.records._writer.call(lambda: recorder._write_segments([Item(what, None)]))


async def test_no_output_is_seen_before_the_events_that_come_before_it(open_here):
    store = await open_here()
    run = await store.runs.add(make_run(), make_frozen())
    before = await store.records.events(run_id=run.id)
    for seq in (1, 3):
        await write_half(store, recording(run.id, seq))
        assert await store.records.events(run_id=run.id) == before
        await store.records.record(recording(run.id, seq))
        after = await store.records.events(run_id=run.id)
        assert [e.kind for e in after[len(before) :]] == ["progress", "output"]
        before = after


async def test_a_change_of_state_is_seen_in_the_midst_of_recordings(open_here):
    store = await open_here()
    run = await store.runs.add(make_run(), make_frozen())
    await store.records.record(recording(run.id, 1))
    await store.runs.update(run.id, lambda r: r.move_to(RunState.STARTING, at=AT), at=AT)
    newest = (await store.records.events(run_id=run.id))[-1]
    assert (newest.kind, newest.data["state"]) == ("state", "starting")


async def test_all_of_a_run_that_is_over_is_seen(open_here):
    store = await open_here()
    run = await store.runs.add(make_run(), make_frozen())
    await store.records.record(recording(run.id, 1))

    def over(r):
        return r.move_to(RunState.FAILED, at=AT)

    await store.records.record(recording(run.id, 3), over)
    kinds = [event.kind for event in await store.records.events(run_id=run.id)]
    assert kinds == ["state", "progress", "output", "progress", "output", "state"]
