"""Writes the reference pages whose facts stand in the code: settings, REST
routes, errors, commands.

The pages are written to docs/reference/generated before each build, and included by the pages of
docs/reference. Nothing of them is typed by hand.
"""

from __future__ import annotations

import argparse
import inspect
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from jupyter_batch import errors
from jupyter_batch.cli.main import build_parser
from jupyter_batch.domain.executor_kinds import EXECUTOR_KINDS
from jupyter_batch.domain.settings import Settings
from jupyter_batch.extension import BatchExtension
from jupyter_batch.server.error_responses import STATUS
from jupyter_batch.server.openapi import document
from jupyter_batch.server.routes import ROUTES


def settings_page() -> str:
    """Returns the table of settings, made from the traits of the server extension."""
    traits = BatchExtension.class_traits()
    rows = ["| setting | default | meaning |", "|---|---|---|"]
    for name in Settings.__struct_fields__:
        trait = traits[name]
        default = "computed" if name in ("data_dir", "root_dir") else f"`{trait.default()!r}`"
        rows.append(f"| `{name}` | {default} | {trait.help.replace('``', '`')} |")
    return "\n".join(rows)


def executors_page() -> str:
    """Returns the table of executors, made from their declarations."""
    rows = ["| executor | what it is | isolated | options | accepted, with no effect |"]
    rows.append("|---|---|---|---|---|")
    for kind in EXECUTOR_KINDS.values():
        options, unenforced = (
            ", ".join(f"`{name}`" for name in names) for names in (kind.options, kind.unenforced)
        )
        isolated = "yes" if kind.isolated else "no"
        rows.append(f"| `{kind.name}` | {kind.summary} | {isolated} | {options} | {unenforced} |")
    return "\n".join(rows)


def routes_page() -> str:
    """Returns the routes, made from the OpenAPI document that the server serves."""
    described = document(tuple(ROUTES.items()), "/")
    return "\n\n".join(
        _operation(path, method, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    )


def _operation(path: str, method: str, operation: dict[str, Any]) -> str:
    lines = [f"## `{method.upper()} batch{path}`", "", f"{operation['summary']}.", ""]
    lines.append(f"Needs the right to `{operation['x-jupyter-action']}`.")
    if operation["parameters"]:
        lines += ["", "| parameter | in | type | required |", "|---|---|---|---|"]
        lines += [
            f"| `{one['name']}` | {one['in']} | {_type(one['schema'])} "
            f"| {'yes' if one.get('required') else 'no'} |"
            for one in operation["parameters"]
        ]
    if "requestBody" in operation:
        shape = operation["requestBody"]["content"]["application/json"]["schema"]
        lines += ["", f"Body: {_type(shape)}."]
    for status, answer in operation["responses"].items():
        if status != "default":
            shapes = [_type(one.get("schema", {})) for one in answer.get("content", {}).values()]
            lines += ["", f"Answer {status}: {', '.join(shapes) or 'empty'}."]
    return "\n".join(lines)


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return f"`{schema['$ref'].rsplit('/', 1)[-1]}`"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(one) for one in schema["anyOf"]))
    if "enum" in schema:
        return ", ".join(f"`{one}`" for one in schema["enum"])
    return str(schema.get("type", "any"))


def shapes_page() -> str:
    """Returns the shapes of request bodies and answers."""
    described = document(tuple(ROUTES.items()), "/")
    return "\n\n".join(_shapes(described["components"]["schemas"]))


def _shapes(schemas: dict[str, Any]) -> Iterator[str]:
    for name, schema in sorted(schemas.items()):
        lines = [f"## {name}", ""]
        if schema.get("description"):
            lines += [schema["description"].partition("\n\n")[0].replace("``", "`"), ""]
        if schema.get("properties"):
            required = set(schema.get("required", ()))
            lines += ["| field | type | required |", "|---|---|---|"]
            lines += [
                f"| `{field}` | {_type(shape)} | {'yes' if field in required else 'no'} |"
                for field, shape in schema["properties"].items()
            ]
        yield "\n".join(lines)


def errors_page() -> str:
    """Returns the table of error codes, made from the error tree."""
    rows = ["| code | Python class | HTTP status | meaning |", "|---|---|---|---|"]
    for name, kind in inspect.getmembers(errors, inspect.isclass):
        if issubclass(kind, errors.BatchError) and kind.__module__ == errors.__name__:
            text = (inspect.getdoc(kind) or "").partition("\n")[0].replace("``", "`")
            rows.append(
                f"| `{kind.code}` | `{name}` | {int(STATUS.get(kind.code, 500))} | {text} |"
            )
    return "\n".join(rows)


def commands_page() -> str:
    """Returns the help of every command, made from the parser of the command line."""
    return "\n\n".join(_commands(build_parser(), 2))


def _commands(parser: argparse.ArgumentParser, level: int) -> Iterator[str]:
    yield f"{'#' * level} `{parser.prog}`\n\n```text\n{parser.format_help().rstrip()}\n```"
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for one in dict.fromkeys(action.choices.values()):
                yield from _commands(one, level + 1)


def write_pages(app: Sphinx) -> None:
    """Writes all generated pages."""
    folder = Path(app.srcdir) / "reference" / "generated"
    folder.mkdir(exist_ok=True)
    # argparse wraps its help at the width of the terminal.
    os.environ["COLUMNS"] = "88"
    pages = {
        "settings": settings_page,
        "executors": executors_page,
        "routes": routes_page,
        "shapes": shapes_page,
        "errors": errors_page,
        "commands": commands_page,
    }
    for name, make in pages.items():
        (folder / f"{name}.md").write_text(make() + "\n", encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Adds the generator to a Sphinx application."""
    app.connect("builder-inited", write_pages)
    return {"version": "1", "parallel_read_safe": True}
