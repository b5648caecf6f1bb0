"""Results and SQL over HTTP, from Python and on the command line, over a real store."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from jupyter_batch.cli.console import TerminalConsole
from jupyter_batch.cli.main import run as run_command
from jupyter_batch.client import Client
from jupyter_batch.client.results import LongResult
from jupyter_batch.domain import frames
from jupyter_batch.errors import InvalidInput, InvalidQuery, NotFound, QueryStopped
from jupyter_batch.notebook_api.encoding import encoded
from jupyter_batch.server.results import MAX_VALUE_BYTES
from jupyter_batch.store import open_store
from jupyter_batch.testing.executor import FakeAttempt

from .conftest import JUPYTER_TOKEN, Parts, Server, StartServer

pandas = pytest.importorskip("pandas")
SLOW = "SELECT count(*) FROM range(100000000) a, range(1000000) b WHERE a.range + b.range = 7"
FRAME = pandas.DataFrame(
    {
        "n": [1, 2],
        "f": [0.5, float("nan")],
        "t": ["a", None],
        "at": pandas.to_datetime(["2026-01-01", None]),
        "took": pandas.to_timedelta([1, 2], unit="s"),
        "ok": pandas.array([True, None], dtype="boolean"),
    },
    index=pandas.Index(["x", "y"], name="key"),
)


def say_result(attempt: FakeAttempt, name: str, value: Any) -> None:
    """Says what a runner says of ``jb.record``."""
    kind, text = encoded(name, value)
    at = attempt.at
    pieces = [text[i : i + 100_000] for i in range(0, len(text), 100_000)]
    for number, piece in enumerate(pieces, start=1):
        more = number < len(pieces)
        attempt.emit(frames.Result, name=name, type=kind, body=piece, more=more, told_at=at)


async def records(attempt: FakeAttempt) -> None:
    """An attempt that records one value of every kind."""
    attempt.begin(["x"])
    values = {"loss": float("inf"), "note": "é", "none": None, "list": [1, {"a": None}]}
    for name, value in {**values, "frame": FRAME, "long": "y" * 300_000, "alpha": 7}.items():
        say_result(attempt, name, value)
    await attempt.end()


@pytest.fixture
async def server(start_server: StartServer, tmp_path: Path) -> Server:
    """A server over a real store."""
    (tmp_path / "store").mkdir()
    parts = Parts(tmp_path / "store")
    store = await open_store(tmp_path / "store", sink=parts.hub, clock=parts.clock)
    parts.store = store  # type: ignore[assignment]
    parts.executor.behaviour = records
    return await start_server(parts=parts)


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    with Client(server.url, JUPYTER_TOKEN) as client:
        yield client


async def a_run(server: Server, **fields: Any) -> str:
    run_id: str = (await server.submit(parameters={"alpha": 0.5}, **fields))["id"]
    await server.ended(run_id)
    return run_id


async def test_the_results_of_a_run_are_listed(server: Server):
    run_id = await a_run(server)
    items = (await server.http.get(f"runs/{run_id}/results")).json()["items"]
    told = {item["name"]: item for item in items}
    assert list(told) == ["loss", "note", "none", "list", "frame", "long", "alpha"]
    assert (told["loss"]["type"], told["loss"]["value"]) == ("number", "Infinity")
    assert told["long"]["value"] == "y" * 300_000
    assert told["frame"]["value"]["columns"][0]["name"] == "n"
    only = (await server.http.get(f"runs/{run_id}/results", params={"name": "note"})).json()
    assert [item["value"] for item in only["items"]] == ["é"]
    for wrong in ("runs/nope/results", f"runs/{run_id}/results?attempt=7"):
        assert (await server.http.get(wrong)).status_code == 404


async def test_values_beyond_the_limit_of_an_answer_are_named(server: Server):
    async def much(attempt: FakeAttempt) -> None:
        attempt.begin(["x"])
        for number in range(5):
            say_result(attempt, f"v{number}", "y" * 4_000_000)
        await attempt.end()

    server.parts.executor.behaviour = much
    run_id = await a_run(server)
    answer = await server.http.get(f"runs/{run_id}/results")
    assert len(answer.content) < MAX_VALUE_BYTES + 10_000
    assert [item["omitted"] for item in answer.json()["items"]] == [False] * 4 + [True]
    one = await server.http.get(f"runs/{run_id}/results", params={"name": "v4"})
    assert len(one.json()["items"][0]["value"]) == 4_000_000


async def test_rows_of_results_come_in_pages(server: Server):
    ids = [await a_run(server) for _ in range(3)]
    first = (await server.http.get("results", params={"limit": 2})).json()
    assert [row["run_id"] for row in first["items"]] == [ids[2], ids[1]]
    assert first["items"][0]["results"]["none"] == {"type": "none", "size": 4, "value": None}
    assert first["items"][0]["results"]["note"]["value"] == "é"
    assert first["items"][0]["results"]["long"]["value"] is None
    rest = await server.http.get("results", params={"cursor": first["next_cursor"]})
    assert [row["run_id"] for row in rest.json()["items"]] == ids[:1]
    assert (await server.http.get("results?limit=10001")).status_code == 400


async def test_python_gets_typed_values_and_frames(server: Server, client: Client):
    run_id = await a_run(server)
    values = await asyncio.to_thread(lambda: client.get(run_id).results())
    assert values["loss"] == float("inf")
    assert (values["note"], values["none"], values["list"]) == ("é", None, [1, {"a": None}])
    pandas.testing.assert_frame_equal(values["frame"], FRAME, check_dtype=False)
    assert [str(t) for t in values["frame"].dtypes] == [str(t) for t in FRAME.dtypes]
    assert values["frame"].loc["x", "at"] == pandas.Timestamp("2026-01-01")


async def test_results_over_runs_are_one_data_frame(server: Server, client: Client):
    ids = [await a_run(server) for _ in range(2)]
    frame = await asyncio.to_thread(client.results)
    assert list(frame["run_id"]) == ids[::-1]
    assert list(frame["parameters.alpha"]) == [0.5, 0.5]
    assert list(frame["results.alpha"]) == [7, 7]
    assert list(frame["note"]) == ["é", "é"]
    assert isinstance(frame["frame"][0], LongResult)
    loaded = await asyncio.to_thread(frame["frame"][0].load)
    assert list(loaded.index) == ["x", "y"]
    assert len(await asyncio.to_thread(lambda: client.results(limit=1))) == 1
    assert len(await asyncio.to_thread(lambda: client.results(state="failed"))) == 0
    with pytest.raises(NotFound):
        await asyncio.to_thread(lambda: client.results("no job"))
    with pytest.raises(InvalidInput):
        await asyncio.to_thread(lambda: client.results(limit=0))


async def test_sql_answers_a_typed_data_frame(server: Server, client: Client):
    run_id = await a_run(server)
    query = (
        "SELECT run_id, created_at, duration_seconds, cells_total, NULL::INTEGER AS nothing, "
        "state = 'succeeded' AS ok, 'nan'::DOUBLE AS nan, INTERVAL 90 SECOND AS took FROM runs"
    )
    frame = await asyncio.to_thread(client.sql, query)
    assert list(frame["run_id"]) == [run_id]
    assert [str(dtype) for dtype in frame.dtypes][1:] == [
        "datetime64[us, UTC]",
        "float64",
        "int64",
        "Int64",
        "bool",
        "float64",
        frame["took"].dtype.name,
    ]
    assert frame["took"][0].total_seconds() == 90
    assert frame["created_at"][0].to_pydatetime() == server.parts.clock.now()
    empty = await asyncio.to_thread(client.sql, "SELECT * FROM runs WHERE false")
    assert (len(empty), "run_id" in empty.columns) == (0, True)
    twice = await asyncio.to_thread(client.sql_table, "SELECT 1 AS a, 2 AS a")
    assert twice.columns == ("a", "a_1")


async def test_more_rows_than_are_answered_come_with_a_warning(server: Server, client: Client):
    with pytest.warns(UserWarning, match="more than these 100,000 rows"):
        await asyncio.to_thread(client.sql_table, "FROM range(100001)")
    assert len(await asyncio.to_thread(lambda: client.sql_table("FROM range(9)", limit=3))) == 3


@pytest.mark.parametrize(
    ("query", "options", "error"),
    [
        ("", {}, InvalidQuery),
        (3, {}, InvalidQuery),
        ("SELECT 1", {"limit": 0}, InvalidInput),
        ("SELECT 1", {"limit": 10**9}, InvalidInput),
        ("SELECT 1", {"timeout": -1}, InvalidInput),
        ("SELECT 1", {"timeout": "long"}, InvalidInput),
    ],
)
def test_wrong_questions_are_refused_before_anything_is_sent(query, options, error):
    def refuse(request: httpx.Request) -> httpx.Response:
        raise AssertionError("something was sent")

    client = Client("http://owner/", "t", transport=httpx.MockTransport(refuse))
    with pytest.raises(error):
        client.sql_table(query, **options)


async def test_bad_sql_is_the_callers_and_too_much_of_it_too(server: Server, client: Client):
    answer = await server.http.post("sql", json={"query": "DELETE FROM runs"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_query")
    answer = await server.http.post("sql", json={"query": SLOW, "timeout_seconds": 0.2})
    assert (answer.status_code, answer.json()["code"]) == (422, "query_stopped")
    for wrong in ({}, {"query": ""}, {"query": "SELECT 1", "limit": 0}, {"query": 1}):
        assert (await server.http.post("sql", json=wrong)).status_code == 400
    with pytest.raises(InvalidQuery, match="no view 'nothing'"):
        await asyncio.to_thread(client.sql, "SELECT * FROM nothing")
    with pytest.raises(QueryStopped):
        await asyncio.to_thread(lambda: client.sql(SLOW, timeout=0.2))


async def test_a_client_that_goes_away_ends_its_query(server: Server):
    for _ in range(3):
        with pytest.raises(httpx.ReadTimeout):
            await server.http.post("sql", json={"query": SLOW}, timeout=0.3)
    # There are two threads for SQL, and three such queries: they are free again.
    answer = await server.http.post("sql", json={"query": "SELECT 1 AS n"}, timeout=15)
    assert answer.json()["rows"] == [[1]]


class Shell:
    """The command, against a client."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self.out = self.err = ""

    async def __call__(self, *arguments: str) -> int:
        out, err = io.StringIO(), io.StringIO()

        def work() -> int:
            client = Client(self._server.url, JUPYTER_TOKEN)
            consoles = [TerminalConsole(file=file, width=200, markup=False) for file in (out, err)]
            return run_command(arguments, out=consoles[0], err=consoles[1], client=client)

        code = await asyncio.to_thread(work)
        self.out, self.err = out.getvalue(), err.getvalue()
        return code


async def test_the_command_asks_by_sql(server: Server):
    await a_run(server)
    shell = Shell(server)
    assert await shell("sql", "SELECT state, count(*) AS runs FROM runs GROUP BY ALL") == 0
    assert shell.out.split() == ["state", "runs", "succeeded", "1"]
    assert await shell("sql", "SELECT 1 AS a, 'x,y' AS b", "--csv") == 0
    assert list(csv.reader(io.StringIO(shell.out))) == [["a", "b"], ["1", "x,y"]]
    assert await shell("sql", "SELECT 1 AS a", "--json") == 0
    assert json.loads(shell.out) == {"columns": ["a"], "items": [{"a": 1}]}
    assert await shell("sql", "DROP TABLE runs") == 2
    assert "DROP is not allowed" in shell.err
    assert await shell("sql", SLOW, "--timeout", "0.2") == 1


async def test_the_command_lists_results(server: Server):
    run_id = await a_run(server)
    shell = Shell(server)
    assert await shell("results") == 0
    assert run_id in shell.out
    assert "(table of" in shell.out
    assert await shell("results", "--json") == 0
    (item,) = json.loads(shell.out)["items"]
    assert (item["note"], item["parameters.alpha"]) == ("é", 0.5)
    assert await shell("results", "--csv", "--state", "succeeded") == 0
    assert next(csv.DictReader(io.StringIO(shell.out)))["note"] == "é"
    assert await shell("results", "--state", "wrong") == 2
    assert await shell("results", "-q", "nothing like it") == 0
    assert "no run fits" in shell.err
