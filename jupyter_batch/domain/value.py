"""The base of all domain values."""

from __future__ import annotations

import msgspec


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """A frozen, keyword-only value; a change returns a new one (``msgspec.structs.replace``)."""
