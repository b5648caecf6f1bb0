"""A request with any method gets an answer in our form, and no traceback in the log."""

from __future__ import annotations

import logging

import pytest

from jupyter_batch.server.routes import ROUTES

from .conftest import Server

PATHS = [
    path.replace("{path}", "a/b.txt").replace("{", "").replace("}", "") for path in sorted(ROUTES)
]
METHODS = ("TRACE", "CONNECT", "OPTIONS", "HEAD", "PUT", "PATCH", "PROPFIND", "FOO-BAR", "X")


@pytest.mark.parametrize("method", METHODS)
async def test_no_method_logs_a_traceback(server: Server, caplog, method: str):
    with caplog.at_level(logging.DEBUG):
        for path in [*PATHS, "no/such/route", ""]:
            answer = await server.http.request(method, path)
            assert answer.status_code < 500, (method, path, answer.text)
            if method in ("HEAD", "PATCH", "OPTIONS"):
                continue
            assert answer.status_code in (400, 404, 405), (method, path, answer.status_code)
            if answer.status_code == 405:
                assert answer.json()["code"] == "method_not_allowed"
                assert answer.headers["Allow"]
    assert not [r for r in caplog.records if r.exc_info or r.levelno >= logging.ERROR]


async def test_head_tells_what_get_does_and_has_no_body(server: Server):
    for path in PATHS:
        answer = await server.http.head(path)
        assert answer.content == b""
        assert answer.status_code in (200, 400, 404, 405), path


async def test_an_address_that_is_no_text_is_refused(server: Server, caplog):
    for path in ("runs/%ff", "runs/%ff/artifacts/%fe", "jobs/%c3%28"):
        answer = await server.http.get(path)
        assert answer.status_code in (400, 404), path
        assert set(answer.json()) == {"code", "message", "details"}
    assert not [r for r in caplog.records if r.exc_info or r.levelno >= logging.ERROR]
