"""The factories of values."""

from __future__ import annotations

from jupyter_batch.domain.run import RunState
from jupyter_batch.testing import (
    make_event,
    make_frozen,
    make_job,
    make_output,
    make_recording,
    make_run,
    new_id,
)


def test_ids_rise():
    ids = [new_id() for _ in range(50)]
    assert ids == sorted(set(ids))


def test_values_differ_only_where_the_test_says():
    run = make_run(name="other", priority=3)
    assert (run.name, run.priority, run.state) == ("other", 3, RunState.QUEUED)
    assert run.notebook.sha256 == make_frozen().sha256
    assert make_job().name != make_job().name


def test_a_recording_reaches_as_far_as_what_is_in_it():
    recording = make_recording(
        "r", outputs=(make_output(3, "a"),), events=(make_event("r", 5), make_event("r", 4))
    )
    assert (recording.last_seq, recording.last_line) == (5, 0)
    assert make_recording("r", last_seq=9).last_seq == 9
