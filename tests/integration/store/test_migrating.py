"""A store of an older version is kept beside before it is migrated, and migrating can be cut short."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from jupyter_batch.domain.queries import RunQuery
from jupyter_batch.store.duckdb.sql import load_migrations
from jupyter_batch.testing import make_frozen, make_run


@pytest.fixture
async def old_store(open_here, folder) -> tuple[Path, str]:
    """A store as the first version has left it, with one run."""
    store = await open_here()
    run = await store.runs.add(make_run(), make_frozen(b"kept"))
    await store.close()
    path = folder / "records.duckdb"
    newer = path.with_name("newer.duckdb")
    path.rename(newer)
    with duckdb.connect(str(path)) as by_hand:
        by_hand.execute("CREATE TABLE jupyter_batch_records (version INTEGER NOT NULL)")
        by_hand.execute("INSERT INTO jupyter_batch_records VALUES (1)")
        by_hand.execute(load_migrations("records")[0][1])
        by_hand.execute(f"ATTACH '{newer}' AS newer (READ_ONLY)")
        for table in ("meta", "segments", "runs", "events"):
            columns = by_hand.execute(
                "SELECT string_agg(column_name, ', ') FROM duckdb_columns() "
                "WHERE database_name = 'records' AND table_name = ?",
                [table],
            ).fetchall()[0][0]
            by_hand.execute(f"INSERT INTO {table} SELECT {columns} FROM newer.{table}")
    newer.unlink()
    return path, run.id


def version_of(path: Path) -> int:
    with duckdb.connect(str(path), read_only=True) as by_hand:
        rows = by_hand.execute("SELECT max(version) FROM jupyter_batch_records").fetchall()
        return int(rows[0][0])


async def test_what_was_there_is_kept_beside(open_here, old_store, folder):
    path, run_id = old_store
    store = await open_here()
    assert [run.id for run in (await store.runs.list(RunQuery())).items] == [run_id]
    await store.close()
    assert version_of(path) == load_migrations("records")[-1][0]
    kept = folder / "backups" / "records-version-1.duckdb"
    assert version_of(kept) == 1
    with duckdb.connect(str(kept), read_only=True) as by_hand:
        assert by_hand.execute("SELECT id FROM runs").fetchall() == [(run_id,)]


async def test_a_new_store_keeps_nothing(open_here, folder):
    await (await open_here()).close()
    await (await open_here()).close()
    assert not (folder / "backups").exists()
    assert not (folder / "outputs" / "backups").exists()


async def test_a_migration_that_dies_at_any_moment_is_gone_on_with(
    old_store, folder, zygote, open_store_in, tmp_path
):
    path, run_id = old_store
    content = path.read_bytes()
    segment = (folder / "outputs" / "000001.duckdb").read_bytes()
    line, before_end = 0, 0
    while True:
        line += 53
        here = tmp_path / f"data-{line}"
        (here / "outputs").mkdir(parents=True)
        (here / "records.duckdb").write_bytes(content)
        (here / "outputs" / "000001.duckdb").write_bytes(segment)
        status, _ = await zygote("open", here, line=line)
        if (here / "backups" / "records-version-1.duckdb").exists():
            assert version_of(here / "backups" / "records-version-1.duckdb") == 1
            before_end += 1
        store = await open_store_in(here)
        assert [run.id for run in (await store.runs.list(RunQuery())).items] == [run_id]
        assert (await store.runs.frozen(run_id)).content == b"kept"
        await store.close()
        assert version_of(here / "backups" / "records-version-1.duckdb") == 1
        if not status:
            break
    assert before_end > 5
