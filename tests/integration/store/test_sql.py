"""SQL of users: what it reads, what it is refused, and that it holds nobody up."""

from __future__ import annotations

import asyncio
import math
import time
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from jupyter_batch.domain.cell import CellError, CellRecord, CellState
from jupyter_batch.domain.outputs import SliceJoiner
from jupyter_batch.domain.results import ResultRecord
from jupyter_batch.domain.run import Attempt, RunState
from jupyter_batch.domain.sql_query import SqlAnswer, SqlQuery
from jupyter_batch.errors import InvalidQuery, QueryStopped
from jupyter_batch.store import DuckStore, open_store
from jupyter_batch.testing import (
    AT,
    FakeClock,
    make_event,
    make_frozen,
    make_output,
    make_recording,
    make_run,
)
from tests.integration.store.hostile import HOSTILE


class Silent:
    """A sink that hears nothing."""

    def publish(self, events: Any) -> None:
        """Does nothing."""


@pytest.fixture
async def store(tmp_path):
    opened = await open_store(tmp_path / "data", sink=Silent(), clock=FakeClock())
    yield opened
    await opened.close()


async def ask(store: DuckStore, query: str, **options: Any) -> SqlAnswer:
    return await store.sql(SqlQuery(query=query, **options))


async def rows(store: DuckStore, query: str, **options: Any) -> list[list[Any]]:
    return [msgspec.json.decode(row) for row in (await ask(store, query, **options)).rows]


@pytest.fixture
async def run(store):
    """A run with a bit of everything."""
    run = make_run(
        name="report", parameters={"alpha": 0.5, "word": "x", "list": [1]}, started_at=AT
    )
    run = await store.runs.add(run, make_frozen())

    def tried(newest):
        newest = newest.with_attempt(Attempt(attempt_no=1, state=RunState.FAILED, exit_code=1))
        return newest.with_attempt(Attempt(attempt_no=2, state=RunState.RUNNING))

    run = await store.runs.update(run.id, tried, at=AT)
    cell = CellRecord(
        cell_index=0,
        cell_type="code",
        source="1/0",
        state=CellState.FAILED,
        started_at=AT,
        finished_at=AT + timedelta(seconds=2),
        error=CellError(cell_index=0, ename="ZeroDivisionError", evalue="division by zero"),
    )

    def result(seq: int, name: str, kind: str, value: str, number: int = 2) -> ResultRecord:
        return ResultRecord(
            attempt_no=number, name=name, type=kind, at=AT, size=len(value), value=value, seq=seq
        )

    await store.records.record(
        make_recording(run.id, results=(result(1, "loss", "number", "9", 1),), cells=(cell,))
    )
    await store.records.record(
        make_recording(
            run.id,
            attempt_no=2,
            results=(
                result(1, "loss", "number", "0.5"),
                result(2, "loss", "number", '"Infinity"'),
                result(2, "note", "text", '"é"'),
            ),
            events=(make_event(run.id, 3),),
        )
    )
    return run


async def test_runs_attempts_and_cells_can_be_read(store, run):
    query = "SELECT run_id, name, state, created_at FROM runs"
    assert await rows(store, query) == [
        [run.id, "report", "queued", AT.replace(tzinfo=None).isoformat()]
    ]
    query = "SELECT attempt_no, state, exit_code FROM attempts ORDER BY 1"
    assert await rows(store, query) == [[1, "failed", 1], [2, "running", None]]
    query = "SELECT run_id, duration_seconds, error_name, error_message FROM cells"
    assert await rows(store, query) == [[run.id, 2.0, "ZeroDivisionError", "division by zero"]]


async def test_a_cell_that_is_recorded_again_is_one_row(tmp_path):
    def cells(*states: CellState, first: int = 0) -> Any:
        return tuple(
            CellRecord(cell_index=first + n, cell_type="code", source="", state=state)
            for n, state in enumerate(states)
        )

    query = "SELECT cell_index, state FROM cells ORDER BY ALL"
    store = await open_store(tmp_path / "data", sink=Silent(), clock=FakeClock())
    run = await store.runs.add(make_run(), make_frozen())

    async def record(seq: int, given: Any) -> None:
        await store.records.record(make_recording(run.id, last_seq=seq, cells=given))

    await record(1, cells(CellState.RUNNING))
    # Both may go into one transaction.
    await asyncio.gather(
        record(2, cells(CellState.SUCCEEDED, CellState.RUNNING)),
        record(3, cells(CellState.FAILED, first=1)),
    )
    expected = [[0, "succeeded"], [1, "failed"]]
    assert await rows(store, query) == expected
    await store.close()
    store = await open_store(tmp_path / "data", sink=Silent(), clock=FakeClock())
    await record(4, cells(CellState.SUCCEEDED, CellState.NOT_RUN, first=1))
    assert await rows(store, query) == [[0, "succeeded"], [1, "succeeded"], [2, "not_run"]]
    assert len(await store.records.cells(run.id, 1)) == 3
    await store.close()


async def test_parameters_results_and_events_can_be_read(store, run):
    query = "SELECT name, value, number, text FROM parameters ORDER BY name"
    assert await rows(store, query) == [
        ["alpha", "0.5", 0.5, None],
        ["list", "[1]", None, None],
        ["word", '"x"', None, "x"],
    ]
    query = "SELECT name, type, attempt_no, number, text FROM results ORDER BY name"
    assert await rows(store, query) == [
        ["loss", "number", 2, "Infinity", None],
        ["note", "text", 2, None, "é"],
    ]
    query = "SELECT kind, count(*) FROM events WHERE run_id = '{}' GROUP BY ALL ORDER BY 1"
    assert [row[0] for row in await rows(store, query.format(run.id))] == ["progress", "state"]


async def test_outputs_are_those_that_the_record_has(store, run):
    def out(seq: int, op: str, body: str = "", **fields: Any) -> Any:
        return make_output(seq, body, op=op, type="" if op == "more" else "stream", **fields)

    ops = (
        out(1, "append", "gone"),
        out(2, "clear"),
        out(3, "append", "a" * 9000, no=0, more=True),
        out(4, "more", "b", no=0),
        out(5, "append", "old", no=1),
        out(6, "replace", "new", no=1),
        out(7, "append", "other", cell=1),
        out(7, "append", "torn", no=2, more=True, op_no=1),
    )
    await store.records.record(make_recording(run.id, outputs=ops))
    joiner = SliceJoiner()
    joined = [(o, joiner.take(o)) async for o in store.records.outputs(run.id, 1)]
    expected = [
        [o.cell_index, o.output_no, o.output_type, body] for o, body in joined if body is not None
    ]
    assert len(expected) == 3
    query = (
        "SELECT cell_index, output_no, output_type, body FROM outputs "
        f"WHERE run_id = '{run.id}' ORDER BY 1, 2"
    )
    assert await rows(store, query) == expected


async def test_outputs_of_an_empty_store_are_none(store):
    assert await rows(store, "SELECT * FROM outputs") == []


async def test_an_answer_tells_columns_types_and_whether_there_is_more(store):
    answer = await ask(store, "SELECT range AS n, 'x' || range AS t FROM range(10)", limit=3)
    assert [(c.name, c.type) for c in answer.columns] == [("n", "BIGINT"), ("t", "VARCHAR")]
    assert (len(answer.rows), answer.truncated) == (3, True)
    assert not (await ask(store, "FROM range(3)", limit=3)).truncated
    large = await ask(store, "SELECT string_agg(range, '') OVER () FROM range(20000)")
    assert large.truncated
    assert 0 < len(large.rows) < 1000


async def test_every_kind_of_value_becomes_json(store):
    query = (
        "SELECT 1::DECIMAL(10,2), [1, NULL], {'x': DATE '2020-01-01'}, INTERVAL 1 DAY, "
        "x'61', 1::HUGEINT << 100, 'nan'::DOUBLE, '-inf'::FLOAT, MAP {1: 'a'}, TIME '01:02:03', "
        "'00000000-0000-0000-0000-000000000001'::UUID, TRUE, NULL, '☃'"
    )
    (row,) = await rows(store, query)
    assert row[:4] == [1.0, [1, None], {"x": "2020-01-01"}, 86400.0]
    assert row[4] == "YQ=="
    assert math.isclose(row[5], 2.0**100)
    assert row[6:10] == ["NaN", "-Infinity", {"1": "a"}, "01:02:03"]
    assert row[10:] == ["00000000-0000-0000-0000-000000000001", True, None, "☃"]


@pytest.mark.parametrize(
    "query",
    [
        "-- a comment\nSELECT 1; -- and one behind",
        "WITH a AS (SELECT 1 AS n), b AS (FROM a) SELECT n FROM b",
        "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3) FROM r",
        "DESCRIBE runs",
        "SUMMARIZE SELECT 1 AS a",
        "FROM runs SELECT state, count(*) GROUP BY ALL HAVING count(*) > 1 ORDER BY ALL LIMIT 3",
        "SELECT RUNS.state FROM Runs NATURAL JOIN Attempts",
        "SELECT list_transform([1], lambda x: x + 1), [y FOR y IN [1] IF y > 0], {'a': 1}.a",
        "SELECT state, row_number() OVER (PARTITION BY state ORDER BY name) FROM runs QUALIFY true",
        "UNPIVOT (SELECT 1 AS a, 2 AS b) ON a, b",
        "SELECT parameters ->> '$.alpha' FROM runs WHERE created_at > now() - INTERVAL 1 DAY",
        "SELECT date_trunc('day', started_at), quantile_cont(duration_seconds, 0.5) "
        "FROM runs GROUP BY 1",
        "SELECT * EXCLUDE (reason) REPLACE (lower(name) AS name) FROM runs",
        "SELECT (SELECT max(attempt_no) FROM attempts a WHERE a.run_id = r.run_id) FROM runs r",
        "SELECT DISTINCT ON (state) state, CASE WHEN name LIKE 'a%' THEN 1 ELSE 2 END FROM runs",
        "VALUES (1), (2) EXCEPT SELECT 2",
    ],
)
async def test_what_only_reads_is_answered(store, query):
    await ask(store, query)


@pytest.mark.parametrize("query", HOSTILE)
async def test_what_does_more_is_refused(store, run, tmp_path, query):
    (tmp_path / "data" / "secret.csv").write_text("token\nsecret-value\n")
    before = await rows(store, "SELECT count(*) FROM runs")
    with pytest.raises(InvalidQuery) as caught:
        await ask(store, query.replace("{data}", str(tmp_path / "data")))
    assert "secret-value" not in caught.value.message
    assert caught.value.details["field"] == "query"
    assert await rows(store, "SELECT count(*) FROM runs") == before


def test_there_are_enough_hostile_statements():
    assert len(set(HOSTILE)) == len(HOSTILE) >= 50


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("SELECT nothing FROM runs", "nothing"),
        ("SELEC 1", "SELEC"),
        ("SELECT 'x'::INTEGER", "Could not convert"),
        ("", "no statement"),
        ("SELECT " + "(" * 3000 + "1" + ")" * 3000, "depth|deep|memory"),
        ("SELECT 1 " + " " * 200_000, "longer"),
    ],
)
async def test_what_is_wrong_is_told(store, query, word):
    with pytest.raises(InvalidQuery, match=word):
        await ask(store, query)


SLOW = "SELECT count(*) FROM range(100000000) a, range(1000000) b WHERE a.range + b.range = 7"


async def test_a_query_that_takes_too_long_is_interrupted(store):
    begun = time.monotonic()
    with pytest.raises(QueryStopped, match=r"longer than 0\.3 s"):
        await ask(store, SLOW, timeout_seconds=0.3)
    assert time.monotonic() - begun < 20
    with pytest.raises(QueryStopped, match="longer"):
        await ask(
            store,
            "WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n FROM r) SELECT max(n) FROM r",
            timeout_seconds=0.3,
        )


async def test_a_query_ends_when_whoever_asked_goes_away(store):
    asking = [asyncio.create_task(ask(store, SLOW)) for _ in range(2)]
    await asyncio.sleep(0)
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    # Both threads are free again long before the time of those queries is over.
    async with asyncio.timeout(20):
        assert await rows(store, "SELECT 1") == [[1]]


async def test_a_query_that_needs_too_much_memory_is_stopped_and_writers_go_on(store, run):
    greedy = (
        "WITH RECURSIVE r AS (SELECT 'xxxxxxxxxxxxxxxx' AS s UNION ALL SELECT s || s FROM r) "
        "SELECT max(length(s)) FROM r"
    )
    asking = asyncio.create_task(ask(store, greedy))
    while not asking.done():
        await store.records.record(make_recording(run.id, outputs=(make_output(1, "x" * 1000),)))
        await store.runs.update(run.id, lambda r: replace(r, priority=r.priority + 1), at=AT)
        await asyncio.sleep(0.01)
    with pytest.raises(QueryStopped, match="memory"):
        await asking


async def test_queries_hold_up_neither_reads_nor_writes_nor_the_cleaning(store, run):
    asking = [asyncio.create_task(ask(store, SLOW, timeout_seconds=60)) for _ in range(4)]
    await asyncio.sleep(0)
    async with asyncio.timeout(30):
        for _ in range(20):
            await store.runs.update(run.id, lambda r: replace(r, priority=r.priority + 1), at=AT)
            assert await store.runs.get(run.id) is not None
        done = asyncio.to_thread(_alone, store)
        await done
    assert not any(task.done() for task in asking)
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)


def _alone(store: DuckStore) -> None:
    with store._files.records.gate.alone():
        pass
