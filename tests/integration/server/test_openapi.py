"""The OpenAPI document tells of every route."""

from __future__ import annotations

import json

from jupyter_batch import errors
from jupyter_batch.server.endpoint import operation_of
from jupyter_batch.server.error_responses import STATUS
from jupyter_batch.server.openapi import METHODS
from jupyter_batch.server.routes import ROUTES

from .conftest import Server


async def test_each_route_and_method_is_in_the_document(server: Server):
    document = (await server.http.get("openapi.json")).json()
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": "/a%40b/batch"}]
    served = {
        (f"/{path}", method.lower())
        for path, handler in ROUTES.items()
        for method in METHODS
        if operation_of(handler, method)
    }
    told = {(path, method) for path, item in document["paths"].items() for method in item}
    assert told == served
    assert ("/runs", "post") in told
    assert ("/runs/{run_id}/artifacts/{path}", "get") in told


async def test_no_handler_serves_a_method_that_is_not_described(server: Server):
    for path, handler in ROUTES.items():
        for method in ("get", "post", "put", "patch", "delete", "head"):
            implemented = method in vars(handler)
            assert implemented == bool(operation_of(handler, method)), (path, method)


async def test_every_reference_leads_somewhere(server: Server):
    document = (await server.http.get("openapi.json")).json()

    def references(value: object) -> list[str]:
        if isinstance(value, dict):
            own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
            return own + [r for item in value.values() for r in references(item)]
        if isinstance(value, list):
            return [r for item in value for r in references(item)]
        return []

    found = references(document)
    assert found
    for reference in found:
        name = reference.removeprefix("#/components/schemas/")
        assert name in document["components"]["schemas"], reference


async def test_the_run_is_described_in_the_words_of_its_record(server: Server):
    document = (await server.http.get("openapi.json")).json()
    run = document["components"]["schemas"]["Run"]["properties"]
    assert {"id", "state", "notebook", "attempts", "cells", "error", "artifacts"} <= set(run)
    body = document["components"]["schemas"]["RunBody"]
    assert body["required"] == ["notebook"]
    assert body["additionalProperties"] is False
    assert json.dumps(document)


def test_each_error_has_its_status():
    tree = {
        kind.code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.BatchError)
    }
    assert set(STATUS) == tree
