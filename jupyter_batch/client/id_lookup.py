"""Finds things that are named by their ids, or by parts of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol, TypeVar

from jupyter_batch.client.arguments.shape_check import check_text
from jupyter_batch.client.paged_list import PagedList
from jupyter_batch.errors import InvalidInput, NotFound

_ID = re.compile(r"[0-9a-z]{26}")
#: How many that contain a text are looked at.
_CANDIDATES = 1000


class Identified(Protocol):
    """An object with an id."""

    @property
    def id(self) -> str:
        """Its id."""


T = TypeVar("T", bound=Identified)


def is_id(text: str) -> bool:
    """Returns whether a text has the form of an id."""
    return _ID.fullmatch(text) is not None


def find(
    what: str, text: str, get: Callable[[str], T], search: Callable[[str, int], PagedList[T]]
) -> T:
    """Returns the one of an id, of the beginning or the end of one, or the newest for ``last``.

    Raises NotFound; InvalidInput where it may be one of several.
    """
    if not check_text(text, what):
        raise InvalidInput(f"name a {what} by its id, by a part of it, or by 'last'", field=what)
    if text == "last":
        newest = search("", 1).first()
        if newest is None:
            raise NotFound(f"there are no {what}s yet")
        return newest
    if is_id(text):
        return get(text)
    found = [
        one for one in search(text, _CANDIDATES) if one.id.startswith(text) or one.id.endswith(text)
    ]
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotFound(f"there is no {what} {text!r}", **{f"{what}_id": text})
    shown = ", ".join(one.id for one in found[:4]) + (", …" if len(found) > 4 else "")
    raise InvalidInput(f"{text!r} may be one of {len(found)} {what}s: {shown}", field=what)
