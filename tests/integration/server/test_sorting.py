"""Lists of runs in another order than newest first."""

from __future__ import annotations

from .conftest import Server


async def test_runs_are_sorted_page_by_page(server: Server):
    for name in ("beta", "Alpha", "gamma"):
        await server.http.post("runs", json={"notebook": "nb.ipynb", "name": name})
    query = {"sort": "name", "order": "asc", "limit": "2"}
    first = (await server.http.get("runs", params=query)).json()
    rest = {**query, "cursor": first["next_cursor"]}
    second = (await server.http.get("runs", params=rest)).json()
    names = [run["name"] for run in [*first["items"], *second["items"]]]
    assert names == ["Alpha", "beta", "gamma"]
    assert second["next_cursor"] is None


async def test_an_order_that_is_none_is_refused(server: Server):
    for query in ({"sort": "colour"}, {"order": "up"}):
        answer = await server.http.get("runs", params=query)
        assert answer.status_code == 400
        assert answer.json()["details"]["field"] in {"sort", "order"}
    # Results of many runs have one order only, and say so.
    assert (await server.http.get("results", params={"sort": "name"})).status_code == 400
