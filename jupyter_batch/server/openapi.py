"""The OpenAPI document, made of the routes and the shapes of the wire."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import msgspec

from jupyter_batch import __version__
from jupyter_batch.server.endpoint import Operation, endpoint, operation_of
from jupyter_batch.server.handler import BatchHandler
from jupyter_batch.wire.responses import ErrorBody

METHODS = ("GET", "POST", "PATCH", "DELETE")
_REF = "#/components/schemas/{name}"

Routes = Mapping[str, type[BatchHandler]]


class OpenApiHandler(BatchHandler):
    """``openapi.json``."""

    def initialize(self, routes: Routes) -> None:  # type: ignore[override]
        """Takes the routes to describe."""
        super().initialize()
        self._routes = routes

    @endpoint("read", "Returns this document", answer=dict[str, Any])
    async def get(self) -> None:
        """Returns the document."""
        self.reply(document(tuple(self._routes.items()), self.base_url))


def operations(routes: Routes) -> Iterator[tuple[str, str, Operation]]:
    """Yields path, method and operation of every endpoint."""
    for path, handler in routes.items():
        for method in METHODS:
            operation = operation_of(handler, method)
            if operation is not None:
                yield path, method, operation


@lru_cache(maxsize=4)
def document(routes: tuple[tuple[str, type[BatchHandler]], ...], base_url: str) -> dict[str, Any]:
    """Returns the document."""
    found = list(operations(dict(routes)))
    shapes: list[Any] = [ErrorBody]
    for _, _, operation in found:
        shapes += [s for s in (operation.body, operation.answer) if s is not None]
    schemas, components = msgspec.json.schema_components(shapes, ref_template=_REF)
    known = dict(zip(map(str, shapes), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for path, method, operation in found:
        paths.setdefault(f"/{path}", {})[method.lower()] = _describe(path, operation, known)
    return {
        "openapi": "3.1.0",
        "info": {"title": "jupyter_batch", "version": __version__},
        "servers": [{"url": f"{base_url}batch"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "Authorization"}
            },
        },
    }


def _describe(path: str, operation: Operation, known: Mapping[str, Any]) -> dict[str, Any]:
    content = {}
    if operation.answer is not None:
        content = {"content": {operation.media_type: {"schema": known[str(operation.answer)]}}}
    elif operation.status == HTTPStatus.OK:
        content = {"content": {operation.media_type: {}}}
    described: dict[str, Any] = {
        "summary": operation.summary,
        "x-jupyter-action": operation.action,
        "parameters": [*_in_path(path), *_in_query(operation.question)],
        "responses": {
            str(int(operation.status)): {
                "description": HTTPStatus(operation.status).phrase,
                **content,
            },
            "default": {
                "description": "Error",
                "content": {"application/json": {"schema": known[str(ErrorBody)]}},
            },
        },
    }
    if operation.body is not None:
        described["requestBody"] = {
            "content": {"application/json": {"schema": known[str(operation.body)]}}
        }
    if operation.status == HTTPStatus.CREATED:
        described["parameters"].append(
            {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string"}}
        )
    return described


def _in_path(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"\{(\w+)\}", path)
    ]


def _in_query(question: type[msgspec.Struct]) -> list[dict[str, Any]]:
    (_,), components = msgspec.json.schema_components([question], ref_template=_REF)
    schema = components[question.__name__]
    return [
        {
            "name": name,
            "in": "query",
            "required": name in schema.get("required", ()),
            "schema": shape,
        }
        for name, shape in schema["properties"].items()
    ]
