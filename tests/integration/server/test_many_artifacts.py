"""A run with very many artifacts: lists stay small, and all of them can be had."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from jupyter_batch.client.run import Run
from jupyter_batch.domain.artifact import Artifact
from jupyter_batch.domain.run import Run as RunRecord

from .conftest import Server

COUNT = 50_000


class Recorded:
    """A connection of which the answers are known already."""

    def __init__(self, answers: list[bytes]) -> None:
        self.answers = answers
        self.asked: list[dict[str, Any]] = []

    def get(self, path: str, params: dict[str, Any]) -> bytes:
        self.asked.append({"path": path, **params})
        return self.answers.pop(0)


async def test_fifty_thousand_artifacts_are_counted_and_paged(server: Server):
    run_id = (await server.submit())["id"]
    await server.ended(run_id)
    artifacts = tuple(
        Artifact(path=f"f/{number:06}.txt", size_bytes=1, sha256="0" * 64, media_type="text/plain")
        for number in range(COUNT)
    )
    store = server.parts.store
    run = await store.runs.get(run_id)
    assert run is not None
    await store.runs.update(run_id, lambda r: replace(r, artifacts=artifacts), at=run.created_at)

    listed = await server.http.get("runs")
    assert len(listed.content) < 10_000
    (item,) = listed.json()["items"]
    assert item["artifact_count"] == COUNT
    assert [a["path"] for a in item["artifacts"]] == [a.path for a in artifacts[:20]]

    answer = await server.http.get(f"runs/{run_id}")
    assert len(answer.json()["artifacts"]) == 1000
    assert answer.json()["artifact_count"] == COUNT

    pages: list[Any] = []
    cursor = None
    while not pages or cursor:
        params = {"limit": 10_000} | ({"cursor": cursor} if cursor else {})
        page = await server.http.get(f"runs/{run_id}/artifacts", params=params)
        cursor = page.json()["next_cursor"]
        pages.append(page.content)
        assert len(pages) <= 5
    connection = Recorded(pages)
    client_run = Run(connection, msgspec.json.decode(answer.content, type=RunRecord))  # type: ignore[arg-type]
    assert [a.path for a in client_run.artifacts] == [a.path for a in artifacts]
    assert [asked["path"] for asked in connection.asked] == [f"runs/{run_id}/artifacts"] * 5

    refused = await server.http.get(f"runs/{run_id}/artifacts", params={"cursor": "x"})
    assert refused.status_code == 400


async def test_few_artifacts_are_all_in_the_run(server: Server):
    run_id = (await server.submit())["id"]
    await server.ended(run_id)
    answer = (await server.http.get(f"runs/{run_id}")).json()
    assert (answer["artifacts"], answer["artifact_count"]) == ([], 0)
