"""The base of all domain values."""

from __future__ import annotations

import msgspec


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """A frozen value; a change returns a new one (``msgspec.structs.replace``).

    Subclasses say ``frozen=True, kw_only=True`` again: msgspec hands on the one and not the
    other, and mypy wants to see both.
    """
