from __future__ import annotations

from collections.abc import Generator
from typing import cast

import httpx
import pytest
from msgspec.structs import replace

from jupyter_batch.client.transport.event_stream import StreamNotice, follow_all, follow_run
from jupyter_batch.domain.events import RunEvent
from jupyter_batch.domain.run import RunState
from jupyter_batch.errors import NotAllowed, NotFound, OwnerUnavailable

END = ("state", {"state": "succeeded"})


def _cells(count):
    return [("cell_finished", {"cell_index": index}) for index in range(count)]


@pytest.fixture
def run(owner):
    return owner.add_run(state=RunState.RUNNING)


def test_all_events_come_in_order_and_the_last_is_the_end(owner, connection, run):
    owner.script = [*_cells(3), END]
    events = list(follow_run(connection, run.id))
    assert [event.event_id for event in events] == [1, 2, 3, 4]
    assert events[-1].data["state"] == "succeeded"


def test_a_dropped_connection_costs_no_event_and_repeats_none(owner, connection, run):
    owner.script = [*_cells(2), None, *_cells(2), None, END]
    events = list(follow_run(connection, run.id))
    assert [event.event_id for event in events] == [1, 2, 3, 4, 5]
    asked = [request.headers["Last-Event-ID"] for request in owner.requests]
    assert asked == ["0", "2", "4"]


def test_following_goes_on_after_the_last_event_that_was_seen(owner, connection, run):
    owner.script = [*_cells(3), END]
    assert [event.event_id for event in follow_run(connection, run.id, after=2)] == [3, 4]


def test_a_stream_that_its_owner_closed_is_opened_again(owner, connection, run):
    owner.script = _cells(2)
    events = follow_run(connection, run.id)
    assert [next(events).event_id, next(events).event_id] == [1, 2]
    owner.script.append(END)
    assert [event.event_id for event in events] == [3]


def test_a_run_that_was_over_ends_the_stream_without_any_event(owner, connection):
    run = owner.add_run(state=RunState.FAILED)
    assert list(follow_run(connection, run.id)) == []


def test_what_happens_between_a_closed_stream_and_the_look_at_the_run_is_told(owner, connection):
    run = owner.add_run(state=RunState.RUNNING)
    owner.script = _cells(1)
    events = follow_run(connection, run.id)
    next(events)
    owner.runs[run.id] = replace(run, state=RunState.FAILED)
    owner.script += [*_cells(1), END]
    assert [event.event_id for event in events] == [2, 3]


def test_an_unknown_run_cannot_be_followed(owner, connection):
    with pytest.raises(NotFound):
        list(follow_run(connection, "nope"))


def test_a_server_that_does_not_come_back_ends_the_following(owner, connection, run, pauses):
    owner.trouble.extend(httpx.ConnectError("refused") for _ in range(20))
    with pytest.raises(OwnerUnavailable, match="lost the server"):
        list(follow_run(connection, run.id))
    assert pauses == sorted(pauses)


def test_all_runs_are_followed_from_now_on_over_dropped_connections(owner, connection, run):
    owner.event_stream.send(run.id, "state", {"state": "starting"})
    told = cast("Generator[RunEvent | StreamNotice]", follow_all(connection))
    assert next(told) is StreamNotice.OPENED
    # The stream begins when it is first read.
    assert next(told) is StreamNotice.ALIVE
    owner.event_stream.send(run.id, "state", {"state": "running"})
    assert next(e for e in told if isinstance(e, RunEvent)).data == {"state": "running"}
    owner.event_stream.drop()
    assert next(e for e in told if e is not StreamNotice.ALIVE) is StreamNotice.OPENED
    owner.event_stream.send(run.id, "state", {"state": "succeeded"})
    assert next(e for e in told if isinstance(e, RunEvent)).data == {"state": "succeeded"}
    told.close()
    assert owner.event_stream.streams == 0
    asked = [request.headers.get("Last-Event-ID") for request in owner.requests]
    assert asked == [None, "2"]


def test_a_token_that_is_refused_at_the_same_address_ends_the_following_of_all(owner, connection):
    owner.token = "another"
    with pytest.raises(NotAllowed):
        next(follow_all(connection))
