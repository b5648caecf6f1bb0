"""The base of all domain values."""

from __future__ import annotations

import msgspec


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """A frozen value; a change returns a new one (``msgspec.structs.replace``).

    Subclasses repeat ``frozen=True, kw_only=True``: msgspec inherits the one and not the
    other, and mypy needs both.
    """
