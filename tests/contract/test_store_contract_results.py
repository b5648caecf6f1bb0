"""The contract of every store: results that notebooks record."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace

from jupyter_batch.domain.progress import ItemProgress
from jupyter_batch.domain.queries import RunQuery
from jupyter_batch.domain.recording import DocumentSlice, Watermark
from jupyter_batch.domain.results import ResultRecord
from jupyter_batch.domain.run import Attempt, Run, RunState
from jupyter_batch.errors import NotFound
from jupyter_batch.testing import AT, make_frozen, make_recording, make_run


def result(seq: int, name: str, value: str | None = "1", **fields) -> ResultRecord:
    """A result of attempt 1."""
    base = ResultRecord(attempt_no=1, name=name, type="number", at=AT, size=1, value=value, seq=seq)
    return replace(base, **fields)


def tried(number: int):
    """A change that gives a run one more attempt."""

    def change(run: Run) -> Run:
        return run.with_attempt(Attempt(attempt_no=number, state=RunState.RUNNING))

    return change


@pytest.fixture
async def run(kit):
    run = await kit.runs.add(make_run(parameters={"alpha": 0.5}), make_frozen())
    return await kit.runs.update(run.id, tried(1), at=AT)


async def test_of_each_name_the_newest_result_holds(kit, run):
    await kit.records.record(make_recording(run.id, results=(result(1, "a"), result(1, "b"))))
    await kit.records.record(make_recording(run.id, last_seq=2, results=(result(2, "a", "2"),)))
    found = await kit.records.results(run.id, 1)
    assert [(r.name, r.value, r.seq) for r in found] == [("b", "1", 1), ("a", "2", 2)]
    assert await kit.records.results(run.id, 2) == ()


async def test_a_recording_that_comes_again_adds_nothing(kit, run):
    recording = make_recording(run.id, results=(result(1, "a"),))
    await kit.records.record(recording)
    await kit.records.record(recording)
    assert await kit.records.results(run.id, 1) == (result(1, "a"),)
    assert await kit.records.watermark(run.id, 1) == Watermark(last_seq=1, last_line=0)


async def test_results_of_an_unknown_run_are_not_found(kit):
    with pytest.raises(NotFound):
        await kit.records.results("nope", 1)


async def test_rows_tell_parameters_and_the_newest_attempts_results(kit, run):
    long = result(1, "long", None, size=9000, type="json", document="result/1")
    await kit.records.record(make_recording(run.id, results=(result(1, "a"), long)))
    (row,) = (await kit.records.result_rows(RunQuery())).items
    assert msgspec.json.decode(row.parameters) == {"alpha": 0.5}
    assert (row.run_id, row.state, row.attempt_no) == (run.id, run.state, 1)
    told = {name: (c.type, c.size, bytes(c.value)) for name, c in row.results.items()}
    assert told == {"a": ("number", 1, b"1"), "long": ("json", 9000, b"null")}
    await kit.runs.update(run.id, tried(2), at=AT)
    (row,) = (await kit.records.result_rows(RunQuery())).items
    assert (row.attempt_no, row.results) == (2, {})


async def test_rows_come_in_pages_and_are_filtered(kit):
    for _ in range(3):
        await kit.runs.add(make_run(name="a"), make_frozen())
    await kit.runs.add(make_run(name="zebra"), make_frozen())
    first = await kit.records.result_rows(RunQuery(limit=3))
    assert [row.name for row in first.items] == ["zebra", "a", "a"]
    assert first.items[0].attempt_no is None
    rest = await kit.records.result_rows(RunQuery(limit=3, after=first.next_after))
    assert ([row.name for row in rest.items], rest.next_after) == (["a"], None)
    assert len((await kit.records.result_rows(RunQuery(q="zebra"))).items) == 1


async def test_done_items_are_those_of_earlier_attempts(kit, run):
    def keys(seq: int, name: str, body: str) -> DocumentSlice:
        return DocumentSlice(seq=seq, name=f"items/{name}", body=body, more=False)

    documents = (
        keys(1, "x", '"a"\n"b"\n'),
        keys(2, "x", '"c"\n"a"\n'),
        keys(3, "ö/y", "1\n" * 9000),
    )
    await kit.records.record(make_recording(run.id, last_seq=3, documents=documents))
    await kit.records.record(
        make_recording(run.id, attempt_no=2, documents=(keys(1, "x", '"d"\n'),))
    )
    assert await kit.records.done_items(run.id, before=1) == {}
    assert await kit.records.done_items(run.id, before=2) == {
        "x": ('"a"', '"b"', '"c"'),
        "ö/y": ("1",),
    }
    assert (await kit.records.done_items(run.id, before=3))["x"] == ('"a"', '"b"', '"c"', '"d"')


async def test_progress_stays_with_the_run(kit, run):
    progress = (ItemProgress(name="x", processed=3, total=10, rate_per_second=0.5),)
    await kit.records.record(
        make_recording(run.id), lambda newest: replace(newest, progress=progress)
    )
    found = await kit.runs.get(run.id)
    assert found.progress == progress


async def test_results_go_with_their_run(kit, run):
    await kit.records.record(make_recording(run.id, results=(result(1, "a"),)))
    await kit.runs.delete([run.id])
    assert (await kit.records.result_rows(RunQuery())).items == ()
