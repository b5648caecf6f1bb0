"""Runs that were executed elsewhere, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

NOTEBOOK: dict[str, Any] = {
    "cells": [
        {
            "cell_type": "code",
            "source": "1 + 1",
            "metadata": {},
            "execution_count": 1,
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "2"}],
        }
    ],
    "metadata": {},
    "nbformat": 4,
    "nbformat_minor": 4,
}
RUN = {
    "name": "old",
    "notebook": "old.ipynb",
    "content": NOTEBOOK,
    "state": "succeeded",
    "created_at": "2025-03-01T12:00:00Z",
    "finished_at": "2025-03-01T12:00:09Z",
}


async def test_a_run_is_on_record_at_its_time_with_its_outputs(server):
    newer = await server.submit()
    answer = await server.http.post("imports/runs", json=RUN)
    assert answer.status_code == 201
    run = answer.json()
    assert (run["state"], run["created_at"]) == ("succeeded", "2025-03-01T12:00:00Z")
    listed = (await server.http.get("runs")).json()["items"]
    assert [item["id"] for item in listed] == [newer["id"], run["id"]]
    cells = (await server.http.get(f"runs/{run['id']}/cells?outputs=true")).json()["items"]
    assert cells[0]["outputs"] == NOTEBOOK["cells"][0]["outputs"]


async def test_the_same_key_brings_one_run(server):
    ids = {
        (
            await server.http.post(
                "imports/runs", json=RUN, headers={"Idempotency-Key": "jupyter-scheduler 1"}
            )
        ).json()["id"]
        for _ in range(2)
    }
    assert len(ids) == 1


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"state": "running"}, 400, "bad_request"),
        ({"content": {"nbformat": 3}}, 400, "invalid_notebook"),
        ({"created_at": "2999-01-01T00:00:00Z"}, 400, "bad_request"),
        ({"job_id": "nobody"}, 404, "not_found"),
        ({"name": ""}, 400, "bad_request"),
    ],
)
async def test_what_cannot_be_is_refused(server, change, status, code):
    answer = await server.http.post("imports/runs", json={**RUN, **change})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert (await server.parts.everything())[0] == 0
