"""Looks at what is about to be sent, so that a wrong call fails before anything is."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from jupyter_batch.errors import InvalidInput, UnknownOption
from jupyter_batch.wire.decoding import decode_body


def check_form(body: Mapping[str, Any], shape: type[msgspec.Struct]) -> None:
    """Raises InvalidInput, with the field, for what the server would not read.

    What a notebook fills in later need not be there.
    """
    later = {"notebook": "-", "name": "-"}
    filled = {name: later[name] for name in later if name in shape.__struct_fields__} | dict(body)
    decode_body(msgspec.json.encode(filled), shape)


def check_options(given: Iterable[str], known: Iterable[str]) -> None:
    """Raises UnknownOption, with the nearest that there is, for an option that is not known."""
    names = sorted(known)
    for name in given:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(names)}"
            raise UnknownOption(f"unknown option {name!r}; {hint}", field=name)


def check_address(url: Any, token: Any) -> None:
    """Raises InvalidInput unless a server can be named so; None is the owner of this machine."""
    if url is not None:
        parts = urlsplit(url) if isinstance(url, str) else None
        if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
            raise InvalidInput(
                f"{url!r} is no address of a Jupyter server: write http://host:8888/, with its "
                "base url",
                field="url",
            )
    if not isinstance(token, str) or not (token.isascii() and (token.isprintable())):
        raise InvalidInput("a token is one line of ASCII text", field="token")


def check_text(value: Any, field: str) -> str | None:
    """Returns a text, or None, as it is; raises InvalidInput for anything else."""
    if value is not None and not isinstance(value, str):
        raise InvalidInput(f"{field} is a text, not {value!r}", field=field)
    return value


def check_number(value: Any, field: str, *, least: int = 1) -> int | None:
    """Returns a whole number, or None, as it is; raises InvalidInput for anything else."""
    if value is not None and (
        isinstance(value, bool) or not isinstance(value, int) or value < least
    ):
        raise InvalidInput(f"{field} is a number from {least} on, not {value!r}", field=field)
    return value


def path_text(path: Any, field: str = "notebook") -> str:
    """Returns a path as text; raises InvalidInput for what names no file."""
    if not isinstance(path, str | os.PathLike):
        raise InvalidInput(
            f"a notebook is named by its path, such as 'report.ipynb'; not by {path!r}",
            field=field,
        )
    text = os.fspath(path)
    if not isinstance(text, str) or not text.strip() or "\0" in text:
        raise InvalidInput(f"{text!r} is no path of a notebook", field=field)
    return text
