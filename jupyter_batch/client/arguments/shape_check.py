"""Looks at what is about to be sent, so that a wrong call fails before anything is."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from jupyter_batch.client.arguments.plain_values import is_sendable, scalar, shown
from jupyter_batch.errors import InvalidInput, UnknownOption
from jupyter_batch.wire.decoding import BODY, decode_body


def check_form(body: Mapping[str, Any], shape: type[msgspec.Struct]) -> None:
    """Raises InvalidInput, with the field, for what the server would not read.

    What a notebook fills in later need not be there.
    """
    later = {"notebook": "-", "name": "-"}
    filled = {name: later[name] for name in later if name in shape.__struct_fields__} | dict(body)
    try:
        content = encoded(filled)
    except InvalidInput:
        for name, value in filled.items():
            encoded(value, name)
        raise
    decode_body(content, shape)


def encoded(value: Any, field: str = BODY) -> bytes:
    """Returns a value as JSON; raises InvalidInput for what JSON cannot carry."""
    try:
        return msgspec.json.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise InvalidInput(f"{field} cannot be sent: {error}", field=field) from error


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
    if url is not None and (not isinstance(url, str) or not _is_address(url)):
        raise InvalidInput(
            f"{shown(url)} is no address of a Jupyter server: write http://host:8888/, with its "
            "base url",
            field="url",
        )
    if not isinstance(token, str) or not (token.isascii() and (token.isprintable())):
        raise InvalidInput("a token is one line of ASCII text", field="token")


def _is_address(url: str) -> bool:
    try:
        parts, read = urlsplit(url), httpx.URL(url)
        # Reading the port says whether it is one.
        is_one = parts.port != 0 and parts.scheme in ("http", "https") and bool(parts.hostname)
    except (ValueError, httpx.InvalidURL):
        return False
    return is_one and bool(read.host) and url.isprintable()


def check_text(value: Any, field: str) -> str | None:
    """Returns a text, or None, as it is; raises InvalidInput for anything else."""
    own: Any = scalar(value)
    if own is not None and not (isinstance(own, str) and is_sendable(own)):
        raise InvalidInput(f"{field} is a text, not {shown(value)}", field=field)
    return own


def check_number(value: Any, field: str, *, least: int = 1) -> int | None:
    """Returns a whole number, or None, as it is; raises InvalidInput for anything else."""
    own: Any = scalar(value)
    if own is not None and (isinstance(own, bool) or not isinstance(own, int) or own < least):
        raise InvalidInput(f"{field} is a number from {least} on, not {shown(value)}", field=field)
    return own


def path_text(path: Any, field: str = "notebook") -> str:
    """Returns a path as text; raises InvalidInput for what names no file."""
    if not isinstance(path, str | os.PathLike):
        raise InvalidInput(
            f"a notebook is named by its path, such as 'report.ipynb'; not by {shown(path)}",
            field=field,
        )
    text = os.fspath(path)
    if not isinstance(text, str) or not text.strip() or "\0" in text:
        raise InvalidInput(f"{text!r} is no path of a notebook", field=field)
    return text
