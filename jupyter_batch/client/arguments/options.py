"""What a caller can say about a run besides the notebook, in Python's words and on the wire."""

from __future__ import annotations

import base64
import inspect
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypedDict, TypeVar, get_type_hints

from jupyter_batch.client.arguments.plain_values import plain, scalar, shown
from jupyter_batch.client.arguments.shape_check import check_options, check_text
from jupyter_batch.client.arguments.units import bytes_of, seconds_of
from jupyter_batch.errors import InvalidInput

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
    #: Whether an exception in a cell tagged ``raises-exception`` fails the run, as in papermill.
    strict_errors: bool | None
    #: Whether files that the notebook writes beside itself are kept as artifacts, too.
    keep_files: bool | None
    #: Patterns, relative to the notebook's folder, of files that go along.
    files: Sequence[str] | None
    #: Seconds, or a text such as ``10m``.
    timeout: float | str | None
    #: Higher goes first.
    priority: int | None


#: Options that belong to the environment and have the same name there.
_SAME = ("executor", "image", "cpus", "gpus", "network", "kernel", "strict_errors", "keep_files")
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
    given: dict[str, Any] = {k: scalar(v) for k, v in options.items() if v is not None}
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


def upload(path: str, content: bytes) -> dict[str, str]:
    """Returns a file that comes with a notebook."""
    return {"path": path, "content_base64": base64.b64encode(content).decode("ascii")}


def _texts(values: Any, field: str) -> list[str]:
    if isinstance(values, str):
        return [values]
    if not isinstance(values, Iterable) or isinstance(values, bytes | Mapping):
        raise InvalidInput(f"{field} is a list of texts, not {shown(values)}", field=field)
    texts = []
    for value in values:
        text = scalar(os.fspath(value) if isinstance(value, os.PathLike) else value)
        if not isinstance(text, str):
            raise InvalidInput(f"{shown(value)} is no text", field=field)
        texts.append(text)
    return texts


def _variables(given: Any) -> dict[str, str]:
    if not isinstance(given, Mapping):
        raise InvalidInput(
            f"env is a dict of names and texts, not {shown(given)}", field="environment.env"
        )
    made: dict[str, str] = {}
    for key, value in given.items():
        name, own = scalar(key), scalar(value)
        if isinstance(own, os.PathLike):
            own = os.fspath(own)
        if not isinstance(name, str):
            raise InvalidInput(f"the name {shown(key)} is no text", field="environment.env")
        if not isinstance(own, str | int | float | Decimal) or isinstance(own, bool):
            raise InvalidInput(
                f"the variable {name} is a text, not {shown(value)}",
                field=f"environment.env.{name}",
            )
        made[name] = str(plain(own, f"environment.env.{name}"))
    return made


def _volume(text: str, index: int) -> dict[str, Any]:
    parts = text.split(":")
    if len(parts) not in (2, 3) or not all(parts) or parts[2:] not in ([], ["ro"], ["rw"]):
        raise InvalidInput(
            f"{text!r} is no volume: write source:target, or source:target:rw to write to it",
            field=f"environment.volumes.{index}",
        )
    return {"source": parts[0], "target": parts[1], "read_only": parts[2:] != ["rw"]}
