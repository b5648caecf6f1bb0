"""The options of a run, as Python callers write them and as the wire carries them."""

from __future__ import annotations

import base64
import inspect
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypedDict, TypeVar, get_type_hints

from jupyter_batch.client.arguments.option_docs import document_options, with_options
from jupyter_batch.client.arguments.plain_values import plain, scalar, shown
from jupyter_batch.client.arguments.shape_check import check_options, check_text
from jupyter_batch.client.arguments.units import bytes_of, seconds_of
from jupyter_batch.errors import InvalidInput

F = TypeVar("F", bound=Callable[..., Any])


class RunOptions(TypedDict, total=False):
    """Options of a run besides its notebook and parameters.

    An option that is left out or None takes its value from the server's settings.

    Attributes
    ----------
    name : str, optional
        Name in lists. Default: the notebook's file name.
    executor : str, optional
        Name of the executor that runs the notebook, one of the ``executors`` in
        :meth:`Client.health`.
    image : str, optional
        Container image that has papermill and a kernel.
    cpus : float, optional
        Number of CPUs.
    memory : int or str, optional
        Memory limit in bytes, or a text such as ``"512m"`` or ``"2g"`` (powers of 1024).
    gpus : int, optional
        Number of GPUs; -1 for all.
    env : dict of str, optional
        Environment variables for the notebook. They are recorded: do not put secrets here.
    secrets : list of str, optional
        Names of secrets. The notebook gets their values as environment variables; the values
        are not recorded.
    volumes : list of str, optional
        Volumes as ``"source:target"`` (read-only) or ``"source:target:rw"``.
    network : str, optional
        Name of the container network; ``"none"`` for no network.
    kernel : str, optional
        Name of the kernel. Default: the kernel that the notebook names.
    strict_errors : bool, optional
        If true, an exception in a cell tagged ``raises-exception`` fails the run, as in
        papermill.
    keep_files : bool, optional
        If true, files that the notebook writes beside itself are also kept as artifacts.
    files : list of str, optional
        Patterns of files to send along, relative to the notebook's folder.
    timeout : float or str, optional
        Time limit of one attempt in seconds, or a text such as ``"10m"``.
    priority : int, optional
        Runs with a higher priority start first.
    """

    name: str | None
    executor: str | None
    image: str | None
    cpus: float | None
    memory: int | str | None
    gpus: int | None
    env: Mapping[str, str] | None
    secrets: Sequence[str] | None
    volumes: Sequence[str] | None
    network: str | None
    kernel: str | None
    strict_errors: bool | None
    keep_files: bool | None
    files: Sequence[str] | None
    timeout: float | str | None
    priority: int | None


document_options(RunOptions)

#: Options that belong to the environment and have the same name there.
_SAME = ("executor", "image", "cpus", "gpus", "network", "kernel", "strict_errors", "keep_files")
_TEXTS = {"executor", "image", "network", "kernel"}
_KNOWN = frozenset(RunOptions.__annotations__)


def takes_options(function: F) -> F:
    """Shows the options one by one in the signature and the docstring of a function."""
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
    function.__doc__ = with_options(function.__doc__, list(hints))
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
