"""How far the loops of a notebook are that it runs over ``jb.track``."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from jupyter_batch.domain.value import Value

#: JavaScript counts no further.
_MOST = 2**53
#: Of the notebook's documents in the store: keys of done items, a JSON text a line.
ITEMS_PREFIX = "items/"


class ItemProgress(Value, frozen=True, kw_only=True):
    """One tracked loop of an attempt."""

    name: str
    #: Done in this attempt, without failures.
    processed: int = 0
    failed: int = 0
    #: Done by earlier attempts, and so not done again.
    skipped: int = 0
    #: None where it is not known.
    total: int | None = None
    rate_per_second: float | None = None
    eta_seconds: float | None = None
    elapsed_seconds: float | None = None
    #: Whether the loop has come to its end.
    is_over: bool = False


def item_progress(name: str, facts: dict[str, Any]) -> ItemProgress:
    """Returns what a notebook has told; what is no number where one belongs counts as unknown."""
    known = {key: value for key, value in facts.items() if _is_known(value)}
    try:
        return msgspec.convert({**known, "name": name}, ItemProgress, strict=False)
    except msgspec.ValidationError:
        return ItemProgress(name=name)


def _is_known(value: Any) -> bool:
    """Whether it is a number that every reader can hold, or a truth value."""
    return isinstance(value, int | float) and abs(value) <= _MOST


def with_at_least(progress: ItemProgress, done: int) -> ItemProgress:
    """Returns progress that has at least so many processed: a killed notebook tells less."""
    return progress if progress.processed >= done else replace(progress, processed=done)
