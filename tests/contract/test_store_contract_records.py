"""The contract of every store: the records of attempts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from jupyter_batch.domain.cell import CellError, CellRecord, CellState
from jupyter_batch.domain.outputs import SliceJoiner
from jupyter_batch.domain.recording import ArtifactSlice, DocumentSlice, LogLine, Watermark
from jupyter_batch.errors import Conflict, NotFound
from jupyter_batch.testing import AT, make_frozen, make_output, make_recording, make_run


@pytest.fixture
async def run(kit):
    return await kit.runs.add(make_run(), make_frozen())


async def record(kit, run, change=None, **fields):
    await kit.records.record(make_recording(run.id, **fields), change)


async def bodies(kit, run, cell_index=None):
    joiner, joined = SliceJoiner(), []
    async for piece in kit.records.outputs(run.id, 1, cell_index):
        body = joiner.take(piece)
        if body is not None:
            joined.append((piece.cell_index, piece.output_no, body))
    return joined


async def test_nothing_is_recorded_at_first(kit, run):
    assert await kit.records.watermark(run.id, 1) == Watermark()
    assert await kit.records.cells(run.id, 1) == ()
    assert await bodies(kit, run) == []
    assert await kit.records.document(run.id, 1, "skeleton") is None
    assert await kit.records.log(run.id, 1) == ()
    assert [part async for part in kit.records.artifact(run.id, 1, "a")] == []


async def test_what_was_recorded_of_an_unknown_run_is_not_found(kit):
    with pytest.raises(NotFound):
        await kit.records.cells("nope", 1)
    with pytest.raises(NotFound):
        await kit.records.log("nope", 1)
    with pytest.raises(NotFound):
        await kit.records.watermark("nope", 1)
    with pytest.raises(NotFound):
        await kit.records.record(make_recording("nope"))
    with pytest.raises(NotFound):
        _ = [output async for output in kit.records.outputs("nope", 1)]


async def test_cells_come_back_in_order_and_the_newest_record_holds(kit, run):
    begun = CellRecord(cell_index=1, cell_type="code", source="1/0", state=CellState.RUNNING)
    done = replace(
        begun,
        state=CellState.FAILED,
        execution_count=4,
        started_at=AT,
        finished_at=AT + timedelta(microseconds=1),
        metadata={"tags": ["x"], "papermill": {"duration": 0.5}},
        error=CellError(cell_index=1, ename="ZeroDivisionError", evalue="", traceback=("t",)),
        memory_bytes=7_000_000_000,
    )
    text = CellRecord(cell_index=0, cell_type="markdown", source="# ☃", state=CellState.SUCCEEDED)
    await record(kit, run, cells=(begun,))
    await record(kit, run, cells=(done, text))
    assert await kit.records.cells(run.id, 1) == (text, done)
    assert await kit.records.cells(run.id, 2) == ()


async def test_outputs_come_by_cell_and_number(kit, run):
    await record(
        kit,
        run,
        outputs=(
            make_output(1, "a", cell=2),
            make_output(1, "b", cell=2, no=1, op_no=1),
            make_output(2, "c", cell=0),
            make_output(3, "d", cell=2, no=2, type="display_data"),
        ),
    )
    expected = [(0, 0, "c"), (2, 0, "a"), (2, 1, "b"), (2, 2, "d")]
    assert await bodies(kit, run) == expected
    assert await bodies(kit, run, 2) == expected[1:]
    assert await bodies(kit, run, 1) == []
    types = [output.output_type async for output in kit.records.outputs(run.id, 1, 2)]
    assert types == ["stream", "stream", "display_data"]


async def test_slices_of_an_output_are_joined_over_recordings(kit, run):
    text = "☃ line\n" * 50_000
    third = len(text) // 3
    await record(kit, run, outputs=(make_output(1, text[:third], more=True),))
    assert await bodies(kit, run) == []
    await record(kit, run, outputs=(make_output(2, text[third:-5], op="more", more=True),))
    await record(
        kit,
        run,
        outputs=(make_output(3, text[-5:], op="more"), make_output(3, "next", no=1, op_no=1)),
    )
    assert await bodies(kit, run) == [(0, 0, text), (0, 1, "next")]


async def test_an_output_whose_last_slice_never_came_is_left_out(kit, run):
    await record(
        kit, run, outputs=(make_output(1, "whole"), make_output(2, "half", no=1, more=True))
    )
    assert await bodies(kit, run) == [(0, 0, "whole")]


async def test_replacing_and_clearing_leave_what_now_stands(kit, run):
    await record(
        kit,
        run,
        outputs=(
            make_output(1, "old", cell=0),
            make_output(2, "gone", cell=1),
            make_output(3, "", cell=1, op="clear"),
            make_output(4, "left", cell=1),
            make_output(5, "new, ", cell=0, op="replace", more=True),
            make_output(6, "of two", cell=0, op="more"),
            make_output(7, "half", cell=1, op="replace", more=True),
        ),
    )
    assert await bodies(kit, run) == [(0, 0, "new, of two")]
    await record(kit, run, outputs=(make_output(8, " whole", cell=1, op="more"),))
    assert await bodies(kit, run, 1) == [(1, 0, "half whole")]


async def test_many_outputs_of_a_replaced_cell_come_back(kit, run):
    rows = [make_output(number + 1, f"{number}" * 300, no=number) for number in range(500)]
    rows.append(make_output(600, "last", no=7, op="replace"))
    await record(kit, run, outputs=tuple(rows))
    expected = [f"{number}" * 300 for number in range(500)]
    expected[7] = "last"
    assert [body for _, _, body in await bodies(kit, run)] == expected


async def test_recording_twice_changes_nothing(kit, run):
    recording = make_recording(
        run.id,
        outputs=(make_output(1, "a"), make_output(2, "b", no=1)),
        documents=(DocumentSlice(seq=3, name="skeleton", body="{}", more=False),),
        artifacts=(ArtifactSlice(seq=4, path="a", content=b"x", more=False),),
        log=(LogLine(line_no=1, text="one"), LogLine(line_no=2, text="two")),
        cells=(CellRecord(cell_index=0, cell_type="code", source="", state=CellState.RUNNING),),
    )
    for _ in range(2):
        await kit.records.record(recording)
        assert await kit.records.watermark(run.id, 1) == Watermark(last_seq=4, last_line=2)
        assert await bodies(kit, run) == [(0, 0, "a"), (0, 1, "b")]
        assert await kit.records.document(run.id, 1, "skeleton") == "{}"
        assert b"".join([part async for part in kit.records.artifact(run.id, 1, "a")]) == b"x"
        assert len(await kit.records.log(run.id, 1)) == 2
        assert len(await kit.records.cells(run.id, 1)) == 1


async def test_a_recording_that_overlaps_adds_only_what_is_new(kit, run):
    await record(kit, run, outputs=(make_output(1, "a"),), log=(LogLine(line_no=1, text="1"),))
    await record(
        kit,
        run,
        outputs=(make_output(1, "a"), make_output(2, "b", no=1)),
        log=(LogLine(line_no=1, text="1"), LogLine(line_no=2, text="2")),
    )
    assert await bodies(kit, run) == [(0, 0, "a"), (0, 1, "b")]
    assert [line.text for line in await kit.records.log(run.id, 1)] == ["1", "2"]


async def test_the_watermark_only_rises(kit, run):
    await record(kit, run, last_seq=9, last_line=4)
    await record(kit, run, last_seq=3, last_line=6)
    assert await kit.records.watermark(run.id, 1) == Watermark(last_seq=9, last_line=6)
    assert await kit.records.watermark(run.id, 2) == Watermark()


async def test_attempts_are_kept_apart(kit, run):
    await record(kit, run, outputs=(make_output(1, "first"),))
    await record(kit, run, attempt_no=2, outputs=(make_output(1, "second"),))
    second = [output.body async for output in kit.records.outputs(run.id, 2)]
    assert (await bodies(kit, run), second) == ([(0, 0, "first")], ["second"])


async def test_a_document_is_whole_or_none(kit, run):
    half = DocumentSlice(seq=1, name="skeleton", body='{"a": "☃', more=True)
    other = DocumentSlice(seq=2, name="metadata", body="{}", more=False)
    await record(kit, run, documents=(half, other))
    assert await kit.records.document(run.id, 1, "skeleton") is None
    assert await kit.records.document(run.id, 1, "metadata") == "{}"
    rest = DocumentSlice(seq=3, name="skeleton", body='"}' + " " * 20_000, more=False)
    await record(kit, run, documents=(rest,))
    assert await kit.records.document(run.id, 1, "skeleton") == '{"a": "☃"}' + " " * 20_000


async def test_an_artifact_comes_back_to_the_byte(kit, run):
    content = bytes(range(256)) * 5000
    await record(
        kit,
        run,
        artifacts=(
            ArtifactSlice(seq=1, path="d/a.bin", content=content[:700_000], more=True),
            ArtifactSlice(seq=2, path="empty", content=b"", more=False),
            ArtifactSlice(seq=3, path="d/a.bin", content=content[700_000:], more=False),
            ArtifactSlice(seq=4, path="half", content=b"x", more=True),
        ),
    )

    async def read(path):
        return b"".join([part async for part in kit.records.artifact(run.id, 1, path)])

    assert await read("d/a.bin") == content
    assert await read("empty") == await read("half") == await read("nope") == b""


async def test_of_an_artifact_that_came_twice_the_later_holds(kit, run):
    slices = (
        ArtifactSlice(seq=1, path="a", content=b"old", more=False),
        ArtifactSlice(seq=2, path="a", content=b"n", more=True),
        ArtifactSlice(seq=3, path="a", content=b"ew", more=False),
    )
    await record(kit, run, artifacts=slices)
    assert b"".join([part async for part in kit.records.artifact(run.id, 1, "a")]) == b"new"


async def test_the_log_is_read_in_parts(kit, run):
    lines = tuple(LogLine(line_no=number, text=f"line {number}") for number in range(1, 31))
    await record(kit, run, log=lines)
    assert await kit.records.log(run.id, 1) == lines
    assert await kit.records.log(run.id, 1, after_line=10, limit=5) == lines[10:15]
    assert await kit.records.log(run.id, 1, after_line=30) == ()


async def test_a_change_goes_along_with_a_recording(kit, run):
    def count(old):
        return replace(old, cells=replace(old.cells, total=5, done=1))

    await record(kit, run, count, outputs=(make_output(1, "a"),))
    assert (await kit.runs.get(run.id)).cells.done == 1


async def test_a_change_that_raises_is_raised_and_leaves_the_run(kit, run):
    def refuse(old):
        raise Conflict("no")

    with pytest.raises(Conflict):
        await record(kit, run, refuse, last_seq=5)
    assert await kit.runs.get(run.id) == run
