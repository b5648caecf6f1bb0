"""Records that are lost: nothing of the outputs is removed, and what can be told comes back."""

from __future__ import annotations

import json
import shutil

import duckdb
import pytest

from jupyter_batch.domain.queries import RunQuery
from jupyter_batch.domain.recording import ArtifactSlice, DocumentSlice
from jupyter_batch.domain.run import Attempt, RunState
from jupyter_batch.domain.sql_query import SqlQuery
from jupyter_batch.errors import Conflict, StoreDamaged
from jupyter_batch.store.repair import repair
from jupyter_batch.testing import make_frozen, make_output, make_recording, make_run

SKELETON = json.dumps(
    {
        "cells": [
            {"cell_type": "markdown", "source": "# Title"},
            {"cell_type": "code", "source": ["print(1)\n", "print(2)"]},
            {"cell_type": "code", "source": "1 / 0"},
        ]
    }
)


@pytest.fixture
async def lost(folder, open_here):
    """A data folder with three runs in three output files; records.duckdb still there."""
    store = await open_here(segment_bytes=1)
    for number in range(3):
        run = make_run(name=f"run {number}")
        await store.runs.add(run, make_frozen(content=f"notebook {number}".encode()))
        await store.runs.update(
            run.id,
            lambda r: r.with_attempt(Attempt(attempt_no=1, state=RunState.RUNNING)),
            at=run.created_at,
        )
        await store.records.record(
            make_recording(
                run.id,
                last_seq=3,
                outputs=(
                    make_output(1, f'{{"text": "out {number}"}}', cell=1),
                    make_output(2, '{"ename": "ZeroDivisionError"}', cell=2, type="error"),
                ),
                documents=(DocumentSlice(seq=1, name="skeleton", body=SKELETON, more=False),),
                artifacts=(
                    ArtifactSlice(seq=2, path="a/table.csv", content=b"x,y\n" * 5000, more=True),
                    ArtifactSlice(seq=3, path="a/table.csv", content=b"1,2\n", more=False),
                ),
            )
        )
    await store.close()
    return folder


def outputs_of(folder):
    return {path.name: path.read_bytes() for path in (folder / "outputs").iterdir()}


@pytest.mark.parametrize("left", ["outputs", "log"])
async def test_a_store_without_its_records_is_not_begun_anew(lost, open_here, left):
    (lost / "records.duckdb").unlink()
    if left == "log":
        (lost / "records.duckdb.wal").write_bytes(b"what was committed last")
        shutil.rmtree(lost / "outputs")
        (lost / "outputs").mkdir()
    before = outputs_of(lost)
    for _ in range(2):
        with pytest.raises(StoreDamaged, match="is missing") as caught:
            await open_here()
        assert "jupyter batch repair" in caught.value.message
        assert "jupyter batch restore" in caught.value.message
        assert outputs_of(lost) == before
        assert not (lost / "records.duckdb").exists()


async def test_outputs_beyond_an_older_copy_of_the_records_are_put_aside(
    folder, open_here, tmp_path
):
    store = await open_here(segment_bytes=1)
    await store.runs.add(make_run(), make_frozen())
    await store.close()
    shutil.copy(folder / "records.duckdb", tmp_path / "older.duckdb")
    store = await open_here(segment_bytes=1)
    later = make_run()
    await store.runs.add(later, make_frozen())
    await store.records.record(make_recording(later.id, outputs=(make_output(1, "precious"),)))
    await store.close()
    shutil.copy(tmp_path / "older.duckdb", folder / "records.duckdb")
    store = await open_here(segment_bytes=1)
    assert [path.name for path in (folder / "outputs").glob("*.duckdb")] == ["000001.duckdb"]
    kept = folder / "unexplained-outputs" / "000002.duckdb"
    with duckdb.connect(str(kept), read_only=True) as found:
        assert found.execute("SELECT body FROM outputs").fetchall() == [("precious",)]
    # The number is used again, and nothing gets mixed up.
    run = make_run()
    await store.runs.add(run, make_frozen())
    assert (await store.runs.frozen(run.id)).content == make_frozen().content


async def test_a_missing_file_on_record_keeps_its_other_revision(folder, open_here):
    store = await open_here()
    run = make_run()
    await store.runs.add(run, make_frozen())
    await store.close()
    outputs = folder / "outputs"
    (outputs / "000001.duckdb").rename(outputs / "000001-2.duckdb")
    await open_here()
    assert (folder / "unexplained-outputs" / "000001-2.duckdb").exists()


async def test_leavings_of_runs_that_were_deleted_go(folder, open_here, tmp_path):
    store = await open_here()
    run = make_run()
    await store.runs.add(run, make_frozen())
    await store.runs.add(make_run(), make_frozen())
    await store.close()
    shutil.copy(folder / "outputs" / "000001.duckdb", tmp_path)
    # A rewrite that did not come to its end, and a file whose removal did not.
    shutil.copy(tmp_path / "000001.duckdb", folder / "outputs" / "000001-2.duckdb")
    shutil.copy(tmp_path / "000001.duckdb", folder / "outputs" / "000009.duckdb")
    await open_here()
    assert [path.name for path in (folder / "outputs").glob("*.duckdb")] == ["000001.duckdb"]
    assert not (folder / "unexplained-outputs").exists()


async def test_a_file_that_cannot_be_read_is_put_aside(folder, open_here):
    await (await open_here()).close()
    (folder / "outputs" / "000007.duckdb").write_bytes(b"whatever" * 1000)
    await open_here()
    assert (folder / "unexplained-outputs" / "000007.duckdb").read_bytes() == b"whatever" * 1000


@pytest.mark.parametrize("damage", ["missing", "broken", "empty"])
async def test_repair_makes_records_of_the_outputs(lost, open_here, clock, damage):
    records = lost / "records.duckdb"
    if damage == "missing":
        records.unlink()
    else:
        records.write_bytes(b"" if damage == "empty" else b"\0broken\1" * 5000)
    (lost / "outputs" / "000002.duckdb").write_bytes(b"broken too" * 1000)
    before = outputs_of(lost)
    with pytest.raises(StoreDamaged, match="jupyter batch repair"):
        await open_here()
    planned = repair(lost, clock=clock, dry_run=True)
    assert (planned.runs, planned.files, len(planned.unreadable)) == (2, 2, 1)
    assert outputs_of(lost) == before
    assert records.exists() == (damage != "missing")
    report = repair(lost, clock=clock, dry_run=False)
    assert (report.runs, report.files, report.unreadable) == (2, 2, planned.unreadable)
    assert (report.kept_as is None) == (damage == "missing")
    store = await open_here(segment_bytes=1)
    runs = (await store.runs.list(RunQuery())).items
    assert [run.state for run in runs] == [RunState.LOST] * 2
    assert "repair" in runs[0].reason
    for run, number in zip(reversed(runs), (0, 2), strict=True):
        assert (await store.runs.frozen(run.id)).content == f"notebook {number}".encode()
        bodies = [part.body async for part in store.records.outputs(run.id, 1)]
        assert bodies[0] == f'{{"text": "out {number}"}}'
        cells = await store.records.cells(run.id, 1)
        assert [(c.cell_type, c.source, str(c.state)) for c in cells] == [
            ("markdown", "# Title", "succeeded"),
            ("code", "print(1)\nprint(2)", "succeeded"),
            ("code", "1 / 0", "failed"),
        ]
        assert (run.cells.total, run.cells.done, run.cells.failed) == (3, 3, 1)
        content = b"x,y\n" * 5000 + b"1,2\n"
        (artifact,) = run.artifacts
        assert (artifact.path, artifact.size_bytes) == ("a/table.csv", len(content))
        parts = [part async for part in store.records.artifact(run.id, 1, "a/table.csv")]
        assert b"".join(parts) == content
    # It is a store like any other: runs go on, SQL reads, and it can be opened again.
    run = make_run()
    await store.runs.add(run, make_frozen())
    answer = await store.sql(SqlQuery(query="SELECT count(*) FROM outputs"))
    assert bytes(answer.rows[0]) == b"[4]"
    await store.close()
    store = await open_here(segment_bytes=1)
    assert await store.runs.count() == {RunState.LOST: 2, RunState.QUEUED: 1}
    await store.close()
    with pytest.raises(Conflict, match="nothing to repair"):
        repair(lost, clock=clock, dry_run=False)


async def test_repair_leaves_what_it_does_not_understand(folder, open_here, clock, tmp_path):
    with pytest.raises(Conflict, match="no data folder"):
        repair(tmp_path / "nothing", clock=clock, dry_run=False)
    store = await open_here()
    await store.runs.add(make_run(), make_frozen())
    await store.close()
    with duckdb.connect(str(folder / "records.duckdb")) as records:
        records.execute("INSERT INTO jupyter_batch_records VALUES (999)")
    before = (folder / "records.duckdb").read_bytes()
    with pytest.raises((Conflict, StoreDamaged)):
        repair(folder, clock=clock, dry_run=False)
    assert (folder / "records.duckdb").read_bytes() == before
