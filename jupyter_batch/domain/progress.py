"""Progress of the loops that a notebook runs over ``jb.track``."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from jupyter_batch.domain.value import Value

#: Greatest integer that JavaScript represents exactly.
_MOST = 2**53
#: Prefix of documents in the store with the keys of done items, one JSON text a line.
ITEMS_PREFIX = "items/"


class ItemProgress(Value, frozen=True, kw_only=True):
    """One tracked loop of an attempt."""

    name: str
    #: Items done in this attempt, without failures.
    processed: int = 0
    failed: int = 0
    #: Items done by earlier attempts, and so skipped.
    skipped: int = 0
    #: Number of items; None if unknown.
    total: int | None = None
    rate_per_second: float | None = None
    eta_seconds: float | None = None
    elapsed_seconds: float | None = None
    #: Whether the loop has come to its end.
    is_over: bool = False


def item_progress(name: str, facts: dict[str, Any]) -> ItemProgress:
    """Returns the progress that a notebook reported. A value that is no number is unknown."""
    known = {key: value for key, value in facts.items() if _is_known(value)}
    try:
        return msgspec.convert({**known, "name": name}, ItemProgress, strict=False)
    except msgspec.ValidationError:
        return ItemProgress(name=name)


def _is_known(value: Any) -> bool:
    """Returns whether a value is a boolean, or a number that every reader can represent."""
    return isinstance(value, int | float) and abs(value) <= _MOST


def with_at_least(progress: ItemProgress, done: int) -> ItemProgress:
    """Returns progress with at least ``done`` items: a killed notebook reports fewer."""
    return progress if progress.processed >= done else replace(progress, processed=done)
