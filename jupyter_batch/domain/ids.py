"""Identifiers that sort by the time at which they were made."""

from __future__ import annotations

import secrets
import threading
from datetime import datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_RANDOM_BITS = 80
#: Two characters for each ten bits.
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_SHIFTS = range(120, -1, -10)


class IdSource:
    """Makes 26-character ids (ULID, lower case); within one source they strictly increase.

    Plain ULID libraries order ids of one millisecond at random; a queue that is served by
    age must not depend on luck.
    """

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def new(self, at: datetime) -> str:
        """Returns the next id for an instant."""
        value = int(at.timestamp() * 1000) << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
        with self._lock:
            self._last = value = max(value, self._last + 1)
        return "".join([_PAIRS[value >> shift & 1023] for shift in _SHIFTS])
