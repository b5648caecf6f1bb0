"""Identifiers that sort by creation time."""

from __future__ import annotations

import secrets
import threading
from datetime import UTC, datetime

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_RANDOM_BYTES = 10
_RANDOM_BITS = 8 * _RANDOM_BYTES
#: Number of ids per read of random bytes: each system call may switch threads.
_AHEAD = 64
#: Two characters for each ten bits.
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]
_SHIFTS = range(120, -1, -10)


class IdSource:
    """Makes 26-character ids (ULID, lower case); within one source they strictly increase.

    Plain ULID libraries order ids of one millisecond at random; a queue that is served by
    age must not depend on chance.
    """

    def __init__(self) -> None:
        self._last = 0
        self._random_pool = b""
        self._lock = threading.Lock()

    def new(self, at: datetime) -> str:
        """Returns the next id for an instant."""
        with self._lock:
            moment = int(at.timestamp() * 1000) << _RANDOM_BITS
            self._last = value = max(moment | self._random(), self._last + 1)
        return "".join([_PAIRS[value >> shift & 1023] for shift in _SHIFTS])

    def _random(self) -> int:
        """Returns the random bits of one id, from a buffer."""
        if not self._random_pool:
            self._random_pool = secrets.token_bytes(_RANDOM_BYTES * _AHEAD)
        taken, self._random_pool = (
            self._random_pool[:_RANDOM_BYTES],
            self._random_pool[_RANDOM_BYTES:],
        )
        return int.from_bytes(taken, "big")


def made_at(made: str) -> datetime:
    """Returns the creation time in an id; raises ValueError for an invalid id."""
    value = 0
    for character in made:
        value = value << 5 | _ALPHABET.index(character)
    return datetime.fromtimestamp((value >> _RANDOM_BITS) / 1000, UTC)
