"""What a caller can say about a run besides the notebook, in Python's words and on the wire."""

from __future__ import annotations

import base64
import inspect
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import PurePath
from typing import Any, TypedDict, TypeVar, get_type_hints
from uuid import UUID

from jupyter_batch.client.forms import check_options, check_text
from jupyter_batch.client.units import bytes_of, seconds_of
from jupyter_batch.errors import InvalidInput, InvalidParameters

F = TypeVar("F", bound=Callable[..., Any])


class RunOptions(TypedDict, total=False):
    """Everything about a run but the notebook and its parameters; what is left out or None is
    decided by the server's settings."""

    #: For lists; the notebook's file name by default.
    name: str | None
    #: ``docker`` or ``process``.
    executor: str | None
    #: Any image with papermill and a kernel.
    image: str | None
    cpus: float | None
    #: Bytes, or a text such as ``512m`` or ``2g``.
    memory: int | str | None
    #: How many; -1 for all.
    gpus: int | None
    #: Plain variables for the notebook; they are recorded.
    env: Mapping[str, str] | None
    #: Names of secrets; their values reach the notebook as variables and are recorded nowhere.
    secrets: Sequence[str] | None
    #: ``source:target[:ro|rw]``; read-only by default.
    volumes: Sequence[str] | None
    network: str | None
    #: Kernel to use instead of the notebook's own.
    kernel: str | None
    #: Patterns, relative to the notebook's folder, of files that go along.
    files: Sequence[str] | None
    #: Seconds, or a text such as ``10m``.
    timeout: float | str | None
    #: Higher goes first.
    priority: int | None


#: Options that belong to the environment and have the same name there.
_SAME = ("executor", "image", "cpus", "gpus", "network", "kernel")
_TEXTS = {"executor", "image", "network", "kernel"}
_KNOWN = frozenset(RunOptions.__annotations__)


def takes_options(function: F) -> F:
    """Shows the options one by one in the signature that ``help`` and editors read."""
    shown = inspect.signature(function)
    kept = [p for p in shown.parameters.values() if p.kind is not p.VAR_KEYWORD]
    packed = next(p for p in shown.parameters.values() if p.kind is p.VAR_KEYWORD)
    # The annotation is a text, ``Unpack[RunOptions]``, and names what the module has imported.
    named = str(packed.annotation).removeprefix("Unpack[").removesuffix("]")
    hints = get_type_hints(function.__globals__[named])
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=hint)
        for name, hint in hints.items()
    ]
    function.__signature__ = shown.replace(parameters=[*kept, *more])  # type: ignore[attr-defined]
    return function


def on_the_wire(options: RunOptions) -> dict[str, Any]:
    """Returns the fields of a request that the options make; raises InvalidInput."""
    check_options(options, _KNOWN)
    given: dict[str, Any] = {k: v for k, v in options.items() if v is not None}
    environment = {name: given[name] for name in _SAME if name in given}
    for name in _TEXTS & environment.keys():
        check_text(environment[name], f"environment.{name}")
    check_text(given.get("name"), "name")
    if "memory" in given:
        environment["memory_bytes"] = bytes_of(given["memory"])
    if "env" in given:
        environment["env"] = _variables(given["env"])
    if "secrets" in given:
        environment["secrets"] = _texts(given["secrets"], "environment.secrets")
    if "volumes" in given:
        texts = _texts(given["volumes"], "environment.volumes")
        environment["volumes"] = [_volume(text, i) for i, text in enumerate(texts)]
    body: dict[str, Any] = {"environment": environment} if environment else {}
    if "files" in given:
        body["files"] = _texts(given["files"], "files")
    if "timeout" in given:
        body["timeout_seconds"] = seconds_of(given["timeout"])
    body |= {name: given[name] for name in ("name", "priority") if name in given}
    return body


def plain(value: Any, field: str) -> Any:
    """Returns a parameter's value as JSON can carry it without loss; raises InvalidParameters."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        raise InvalidParameters(f"{field}: JSON has no {value}; send None or a text", field=field)
    if isinstance(value, Mapping):
        for key in value:
            if not isinstance(key, str):
                raise InvalidParameters(f"{field}: the key {key!r} is no text", field=field)
        return {key: plain(item, f"{field}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, f"{field}.{i}") for i, item in enumerate(value)]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, PurePath | UUID | Decimal):
        return str(value)
    # numpy's and pandas' scalars and arrays offer plain values under these names.
    for name in ("item", "tolist"):
        convert = getattr(value, name, None)
        if callable(convert):
            try:
                return plain(convert(), field)
            except ValueError:
                continue
    raise InvalidParameters(
        f"{field}: a {type(value).__name__} cannot be sent; parameters are numbers, texts, "
        "booleans, None, lists and dicts of those",
        field=field,
    )


def upload(path: str, content: bytes) -> dict[str, str]:
    """Returns a file that comes with a notebook."""
    return {"path": path, "content_base64": base64.b64encode(content).decode("ascii")}


def _texts(values: Any, field: str) -> list[str]:
    if isinstance(values, str):
        return [values]
    if not isinstance(values, Iterable) or isinstance(values, bytes | Mapping):
        raise InvalidInput(f"{field} is a list of texts, not {values!r}", field=field)
    texts = list(values)
    for text in texts:
        if not isinstance(text, str | os.PathLike):
            raise InvalidInput(f"{text!r} is no text", field=field)
    return [os.fspath(text) for text in texts]


def _variables(given: Any) -> dict[str, str]:
    if not isinstance(given, Mapping):
        raise InvalidInput(
            f"env is a dict of names and texts, not {given!r}", field="environment.env"
        )
    for name, value in given.items():
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            raise InvalidInput(
                f"the variable {name} is a text, not {value!r}", field=f"environment.env.{name}"
            )
    return {str(name): str(value) for name, value in given.items()}


def _volume(text: str, index: int) -> dict[str, Any]:
    parts = text.split(":")
    if len(parts) not in (2, 3) or not all(parts) or parts[2:] not in ([], ["ro"], ["rw"]):
        raise InvalidInput(
            f"{text!r} is no volume: write source:target, or source:target:rw to write to it",
            field=f"environment.volumes.{index}",
        )
    return {"source": parts[0], "target": parts[1], "read_only": parts[2:] != ["rw"]}
