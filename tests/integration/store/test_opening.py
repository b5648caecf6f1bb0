"""The folders that can be opened, by whom, and the errors for the others."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import duckdb
import pytest

from jupyter_batch.errors import StoreDamaged, StoreError, StoreHeld, StoreLocked
from jupyter_batch.testing import make_frozen, make_run

_OPEN = """
import asyncio, sys
from pathlib import Path
from jupyter_batch.services.event_hub import EventHub
from jupyter_batch.store import open_store
from jupyter_batch.testing import FakeClock
from jupyter_batch.errors import StoreLocked

async def main():
    try:
        await open_store(Path(sys.argv[1]), sink=EventHub(), clock=FakeClock())
    except StoreLocked as error:
        print(error.details.get("pid"))

asyncio.run(main())
"""

_BY_HAND = """
import duckdb, sys
kept = duckdb.connect(sys.argv[1])
print("open", flush=True)
sys.stdin.read()
"""


async def test_a_new_folder_is_for_its_user_only(store, folder):
    for path in (folder, folder / "outputs", folder / "store.lock"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


async def test_the_id_stays(open_here):
    first = await open_here()
    await first.close()
    assert (await open_here()).id == first.id


async def test_one_process_opens_a_folder_once(store, open_here):
    with pytest.raises(StoreLocked) as caught:
        await open_here()
    assert caught.value.details["pid"] == os.getpid()


async def start(code: str, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, *arguments, stdin=PIPE, stdout=PIPE
    )


async def test_another_process_is_told_who_has_it(store, folder):
    other = await start(_OPEN, str(folder))
    said, _ = await other.communicate()
    assert said.decode().strip() == str(os.getpid())


async def test_somebody_who_opens_the_file_by_hand_is_named_too(folder, open_here):
    await (await open_here()).close()
    other = await start(_BY_HAND, str(folder / "records.duckdb"))
    assert other.stdout is not None
    assert await other.stdout.readline() == b"open\n"
    with pytest.raises(StoreHeld) as caught:
        await open_here()
    assert caught.value.details["pid"] == other.pid
    assert f"process {other.pid} ({sys.executable} -c " in caught.value.message
    assert f"kill {other.pid}" in caught.value.message
    await other.communicate(b"")
    assert await (await open_here()).runs.count() == {}


async def test_closing_lets_go(open_here):
    store = await open_here()
    await store.close()
    await store.close()
    await open_here()
    with pytest.raises(StoreError):
        await store.runs.get("x")
    with pytest.raises(StoreError):
        await store.runs.add(make_run(), make_frozen())


@pytest.mark.parametrize(
    "content",
    [b"hello, this is not a database" * 1000, b"SQLite format 3\0" + b"\0" * 5000, b""],
    ids=["text", "sqlite", "empty"],
)
async def test_a_file_of_another_kind_is_refused_and_left(folder, open_here, content):
    folder.mkdir()
    path = folder / "records.duckdb"
    path.write_bytes(content)
    with pytest.raises(StoreDamaged) as caught:
        await open_here()
    assert "left as it is" in caught.value.message
    assert path.read_bytes() == content


async def test_a_database_of_something_else_is_refused_and_left(folder, open_here):
    folder.mkdir()
    path = folder / "records.duckdb"
    with duckdb.connect(str(path)) as other:
        other.execute("CREATE TABLE meta AS SELECT 42 AS answer")
    before = path.read_bytes()
    with pytest.raises(StoreDamaged):
        await open_here()
    assert path.read_bytes() == before


async def test_a_newer_version_is_refused_with_advice(folder, open_here):
    await (await open_here()).close()
    path = folder / "records.duckdb"
    with duckdb.connect(str(path)) as newer:
        newer.execute("INSERT INTO jupyter_batch_records VALUES (999)")
    with pytest.raises(StoreDamaged, match="update jupyter_batch"):
        await open_here()


@pytest.mark.parametrize("keep", [0.5, 0.05])
async def test_a_broken_file_is_refused_and_left(folder, open_here, keep):
    store = await open_here()
    for _ in range(3):
        await store.runs.add(make_run(parameters={"text": "x" * 500_000}), make_frozen())
    await store.close()
    path = folder / "records.duckdb"
    broken = path.read_bytes()
    broken = broken[: int(len(broken) * keep)]
    path.write_bytes(broken)
    with pytest.raises(StoreDamaged):
        await open_here()
    assert path.read_bytes() == broken


async def test_a_folder_that_cannot_be_made_is_said(tmp_path, open_here, folder):
    folder.write_text("a file")
    with pytest.raises(StoreError) as caught:
        await open_here()
    assert str(folder) in caught.value.message


async def test_leavings_of_a_crash_are_removed(folder, open_here):
    await (await open_here()).close()
    leavings = [
        folder / "records.new.duckdb",
        folder / "outputs" / "000007-2.duckdb",
        folder / "outputs" / "000007-2.duckdb.wal",
    ]
    for path in leavings:
        path.write_bytes(b"half")
    kept = folder / "outputs" / "notes.txt"
    kept.write_text("mine")
    await open_here()
    assert [path for path in (*leavings, kept) if path.exists()] == [kept]


async def test_the_instance_cannot_reach_other_files(store, tmp_path: Path):
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    with pytest.raises(StoreError):
        await store._readers.run(
            lambda cursor: cursor.execute(f"SELECT * FROM read_csv('{secret}')").fetchall()
        )


async def test_a_folder_that_was_there_becomes_private(folder, open_here):
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    store = await open_here()
    await store.runs.add(make_run(), make_frozen())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    await store.close()
    for path in (folder, folder / "outputs", folder / "records.duckdb"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    await open_here()
    for path in (folder, folder / "outputs", *folder.glob("*.duckdb"), *folder.glob("outputs/*")):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


async def test_a_folder_that_is_shared_on_purpose_is_left_with_a_warning(folder, open_here, caplog):
    folder.mkdir()
    folder.chmod(0o1777)
    await (await open_here()).close()
    await open_here()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o1777
    assert "others on this machine may read" in caplog.text
    for path in (folder / "outputs", folder / "records.duckdb"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0


async def test_a_home_folder_is_left(folder, open_here, monkeypatch, caplog):
    folder.mkdir()
    folder.chmod(0o755)
    monkeypatch.setenv("HOME", str(folder))
    await open_here()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755
    assert "others on this machine may read" in caplog.text
