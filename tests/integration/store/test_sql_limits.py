"""SQL that takes what it can: its process ends, nobody else notices."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import time
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_batch.domain.sql_query import SqlQuery
from jupyter_batch.errors import InvalidQuery, QueryStopped
from jupyter_batch.store import DuckStore, open_store
from jupyter_batch.store.query.allowed_functions import FUNCTIONS
from jupyter_batch.testing import (
    FakeClock,
    make_frozen,
    make_output,
    make_recording,
    make_run,
)

MB = 1024 * 1024
#: Grows eightfold with each call: 8 of them make 16 MiB of a byte, 12 make 64 GiB.
X = "replace({}, 'x', 'xxxxxxxx')"


def nested(depth: int, inner: str = "'x'") -> str:
    """Returns a text that grows eightfold with each call around it."""
    for _ in range(depth):
        inner = X.format(inner)
    return inner


LARGE = "(SELECT string_agg('x', '') FROM range(1000000))"
GREEDY = [
    f"SELECT length({nested(12)})",
    f"SELECT length({nested(8, 'name')}) FROM runs",
    f"SELECT length({nested(5, LARGE)})",
    f"SELECT length(regexp_replace(regexp_replace({LARGE}, 'x', '{'y' * 900}', 'g'), 'y', "
    f"'{'z' * 900}', 'g'))",
    f"SELECT list_transform(range, lambda x: {nested(6)}) FROM (SELECT list(range) AS range "
    "FROM range(100000))",
    f"SELECT string_agg({nested(5)}, '') FROM range(1000000)",
    f"SELECT list({nested(4)}) FROM range(10000000)",
    f"SELECT array_agg(s) FROM (SELECT {nested(7)} || range AS s FROM range(5000))",
    f"SELECT json_group_array({nested(5)}) FROM range(1000000)",
    f"SELECT len(split({LARGE}, '')) FROM range(1000)",
    f"SELECT {', '.join(f'len(list_concat(split({LARGE}, {chr(39) * 2}), [{n}::VARCHAR]))' for n in range(200))}",
    "SELECT count(*) FROM (SELECT DISTINCT a.range * 1e9 + b.range FROM range(100000) a, "
    "range(100000) b)",
    "SELECT list_transform(list_transform(l, lambda x: l), lambda x: x) FROM (SELECT list(range) "
    "AS l FROM range(100000))",
]


class Silent:
    """A sink that hears nothing."""

    def publish(self, events: Any) -> None:
        """Does nothing."""


@pytest.fixture
async def store(tmp_path):
    opened = await open_store(tmp_path / "data", sink=Silent(), clock=FakeClock())
    await opened.runs.add(make_run(name="x"), make_frozen())
    yield opened
    await opened.close()


async def rows(store: DuckStore, query: str, **options: Any) -> list[list[Any]]:
    answer = await store.sql(SqlQuery(query=query, **options))
    return [msgspec.json.decode(row) for row in answer.rows]


def processes() -> list[psutil.Process]:
    """Returns the processes that run SQL for this one."""
    found = []
    for child in psutil.Process().children():
        try:
            if "jupyter_batch.store.query.sql_program" in child.cmdline():
                found.append(child)
        except psutil.Error:
            continue
    return found


async def test_no_query_takes_what_it_can_get(store):
    own = psutil.Process()
    assert await rows(store, "SELECT name FROM runs") == [["x"]]
    before = own.memory_info().rss
    most = stopped = 0
    for query in GREEDY:
        asking = asyncio.create_task(rows(store, query, timeout_seconds=8))
        begun = time.monotonic()
        while not asking.done():
            for process in processes():
                try:
                    most = max(most, process.memory_info().rss)
                except psutil.Error:
                    continue
            await asyncio.wait({asking}, timeout=0.02)
        assert time.monotonic() - begun < 30, query
        # Some are answered: DuckDB is clever, or puts things on disk.
        if (error := asking.exception()) is not None:
            assert isinstance(error, QueryStopped), query
            assert re.search("memory than queries|longer than 8 s", error.message)
            assert "narrow it down" in error.message
            stopped += 1
        assert await rows(store, "SELECT name FROM runs") == [["x"]]
    assert own.memory_info().rss - before < 100 * MB
    assert most < 1700 * MB
    assert stopped >= 8


async def test_what_cannot_be_interrupted_is_killed_at_its_deadline(store):
    await rows(store, "SELECT 1")
    query = f"SELECT max(levenshtein({nested(5)}, {nested(5, chr(39) + 'xy' + chr(39))}))"
    begun = time.monotonic()
    with pytest.raises(QueryStopped, match="longer than 1 s"):
        await rows(store, query, timeout_seconds=1)
    assert time.monotonic() - begun < 15
    assert await rows(store, "SELECT 1") == [[1]]


async def test_a_killed_process_costs_only_its_own_query(store):
    slow = "SELECT count(*) FROM range(100000000) a, range(1000000) b WHERE a.range + b.range = 7"
    asking = [asyncio.create_task(rows(store, slow)) for _ in range(2)]
    async with asyncio.timeout(60):
        while len(running := processes()) < 2:
            await asyncio.wait(asking, timeout=0.05)
    running[0].send_signal(signal.SIGKILL)
    async with asyncio.timeout(20):
        done, waiting = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
        with pytest.raises(QueryStopped):
            await done.pop()
        assert await rows(store, "SELECT name FROM runs") == [["x"]]
    waiting.pop().cancel()


async def test_closing_ends_the_processes(tmp_path):
    store = await open_store(tmp_path / "data", sink=Silent(), clock=FakeClock())
    await rows(store, "SELECT 1")
    running = processes()
    assert len(running) == 1
    asking = asyncio.create_task(rows(store, GREEDY[5]))
    await asyncio.sleep(0)
    await store.close()
    with pytest.raises(QueryStopped, match="stopped"):
        await asking
    assert not running[0].is_running()
    assert list((tmp_path / "data" / "tmp").glob("sql-*")) == []


async def test_a_process_ends_with_its_owner(store):
    """Its stdin ends then, whatever the owner died of."""
    await rows(store, "SELECT 1")
    (process,) = processes()
    assert set(process.environ()) <= {
        name for name in os.environ if name.startswith(("PATH", "HOME", "TMPDIR", "LANG", "LC_"))
    } | {name for name in process.environ() if name.startswith(("PYTHON", "LD_", "VIRTUAL_ENV"))}
    (kept,) = store._sql._idle
    assert kept._process is not None
    assert kept._process.stdin is not None
    kept._process.stdin.close()
    async with asyncio.timeout(20):
        await kept._process.wait()
    # The next one notices, and the one after has a new process.
    with pytest.raises(QueryStopped):
        await rows(store, "SELECT 1")
    assert await rows(store, "SELECT 1") == [[1]]


async def test_an_output_of_20_mb_can_be_read(store):
    run = make_run()
    await store.runs.add(run, make_frozen())
    piece = "é" + "x" * 511_998
    for number in range(40):
        op = "append" if number == 0 else "more"
        output = make_output(
            number + 1,
            piece,
            op=op,
            no=0,
            type="stream" if number == 0 else "",
            more=number < 39,
        )
        await store.records.record(make_recording(run.id, last_seq=number + 1, outputs=(output,)))
    size = 40 * len(piece)
    assert await rows(store, "SELECT length(body) FROM outputs") == [[size]]
    assert await rows(store, "SELECT left(body, 3) FROM outputs WHERE body LIKE '%x%'") == [["éxx"]]
    assert await rows(store, "SELECT count(*), max(length(body)) FROM outputs") == [[1, size]]
    ((body,),) = await rows(store, "SELECT body FROM outputs")
    assert body == piece * 40


async def test_output_files_that_cannot_be_read_are_named(tmp_path):
    data = tmp_path / "data"
    store = await open_store(data, sink=Silent(), clock=FakeClock(), segment_bytes=1)
    for number in range(3):
        run = make_run()
        await store.runs.add(run, make_frozen())
        output = make_output(1, f"text {number}")
        await store.records.record(make_recording(run.id, outputs=(output,)))
    await store.close()
    files = sorted((data / "outputs").glob("*.duckdb"))
    assert len(files) == 3
    files[0].unlink()
    files[1].write_bytes(b"no database" * 10_000)
    store = await open_store(data, sink=Silent(), clock=FakeClock(), segment_bytes=1)
    answer = await store.sql(SqlQuery(query="SELECT body FROM outputs"))
    assert [msgspec.json.decode(row) for row in answer.rows] == [["text 2"]]
    assert len(answer.warnings) == 2
    assert f"{files[0]} are not in the answer: the file is missing" in answer.warnings[0]
    assert f"{files[1]} are not in the answer: the file cannot be read" in answer.warnings[1]
    answer = await store.sql(SqlQuery(query="SELECT count(*) FROM runs"))
    assert (answer.rows, answer.warnings) == ((msgspec.Raw(b"[3]"),), ())
    await store.close()


@pytest.mark.parametrize("rounds", [12])
async def test_a_query_sees_one_state_while_everything_is_written_anew(store, rounds):
    """Events of a run are numbered and come in pairs; a checkpoint after every write."""
    run = make_run(name="written")
    await store.runs.add(run, make_frozen())
    connection = store._files.connection
    asked = 0
    ended = False

    async def write() -> None:
        for number in range(1, 100_000):
            if ended:
                return
            outputs = tuple(
                make_output(number, "y" * 50_000, op_no=op, no=2 * number + op) for op in (0, 1)
            )
            await store.records.record(make_recording(run.id, last_seq=number, outputs=outputs))
            if number % 3 == 0:
                await store._writer.call(lambda: connection.execute("CHECKPOINT outputs_000001"))
                await store._writer.call(lambda: connection.execute("CHECKPOINT records"))

    writing = asyncio.create_task(write())
    try:
        last = 0
        for _ in range(rounds):
            ((count, whole, length),) = await rows(
                store,
                "SELECT count(*), count(DISTINCT output_no), sum(length(body)) FROM outputs",
                timeout_seconds=60,
            )
            assert count == whole
            assert count % 2 == 0
            assert count >= last
            assert (length or 0) == count * 50_000
            last, asked = count, asked + 1
    finally:
        ended = True
        await writing
    assert asked == rounds
    # What has been committed before a query is asked is in its answer.
    number = 200_000
    await store.records.record(
        make_recording(run.id, last_seq=number, outputs=(make_output(number, "the last"),))
    )
    assert await rows(store, "SELECT body FROM outputs WHERE body = 'the last'") == [["the last"]]


VALUES = st.sampled_from(
    ["NULL", "0", "-1", "1e308", "'x'", "''", "'[1]'", "'{\"a\": 1}'", "[1, 2]", "{'a': 1}", "name",
     "state", "created_at", "now()", "DATE '2020-02-30'", "DATE '290000-01-01'", "INTERVAL 1 YEAR",
     "true", "x'00'", "9223372036854775807", "1::UTINYINT", "'nan'::DOUBLE", "MAP {1: 2}", "*",
     "'infinity'::TIMESTAMP", "TIMESTAMP '294247-01-10'", "1.5::DECIMAL(38, 30)", "'\\0'", "'('",
     "lambda x: x", "(SELECT list(run_id) FROM attempts)", "'%Y'", "TIMETZ '01:02:03+15:59:59'"]
)  # fmt: skip
CALLS = st.builds(
    lambda name, given: f'"{name}"({", ".join(given)})',
    st.sampled_from(sorted(FUNCTIONS)),
    st.lists(VALUES, max_size=4),
)
PARTS = st.recursive(
    VALUES | CALLS,
    lambda inner: st.one_of(
        st.builds("({} {} {})".format, inner, st.sampled_from(["+", "||", "=", "->>", "<", "IN"]), inner),
        st.builds("CAST({} AS {})".format, inner, st.sampled_from(["INTEGER", "DATE", "JSON", "BLOB[]", "BIT"])),
        st.builds("CASE WHEN {} THEN {} END".format, inner, inner),
        st.builds("list_transform([1], lambda x: {})".format, inner),
    ),
    max_leaves=6,
)  # fmt: skip
QUERIES = st.builds(
    "{} SELECT {} {} FROM {} {}".format,
    st.sampled_from(["", "WITH a AS (FROM runs)", "DESCRIBE", "SUMMARIZE", "FROM"]),
    st.sampled_from(["", "DISTINCT", "DISTINCT ON (1)"]),
    PARTS,
    st.sampled_from(["runs", "outputs", "cells, runs", "range(3)", "a", "json_each('[1]')", "results",
                     "(VALUES (1))", "runs TABLESAMPLE 10%", "runs ASOF JOIN cells USING (run_id)"]),
    st.one_of(
        st.just(""),
        st.builds("WHERE {}".format, PARTS),
        st.builds("GROUP BY ALL HAVING {}".format, PARTS),
        st.builds("ORDER BY {} LIMIT {}".format, PARTS, VALUES),
        st.builds("QUALIFY {} OVER ()".format, CALLS),
    ),
)  # fmt: skip


def test_no_query_ends_in_anything_but_an_answer_or_a_sentence(tmp_path):
    counts = {"answered": 0, "refused": 0}

    async def ask_all(queries: list[str]) -> None:
        store = await open_store(tmp_path / "data", sink=Silent(), clock=FakeClock())
        try:
            await store.runs.add(make_run(name="x"), make_frozen())
            for query in queries:
                try:
                    await rows(store, query, timeout_seconds=5)
                except (InvalidQuery, QueryStopped):
                    counts["refused"] += 1
                else:
                    counts["answered"] += 1
        finally:
            await store.close()

    asked: list[str] = []

    @given(QUERIES)
    @settings(
        max_examples=int(os.environ.get("JUPYTER_BATCH_QUERIES", "400")),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def collect(query: str) -> None:
        asked.append(query)

    collect()
    asyncio.run(ask_all(asked))
    assert counts["answered"] > 5
    assert counts["refused"] > 50
    assert Path(tmp_path / "data" / "records.duckdb").exists()
