"""Signs frames, so that only the runner can write one.

The notebook runs in the same container and may reach the descriptor that frames are written to
(``/proc/1/fd/1``). So each line ends with a keyed hash of itself, whose key comes with the
bundle, for one attempt, and is in nothing that the kernel can read. The number of a frame is in
its line: one that is forged, changed or moved has a wrong hash, one that is missing leaves a gap.
"""

from __future__ import annotations

import hashlib
import hmac

#: Setting of the bundle that has the key, in hex.
KEY_SETTING = "frame_key"
_BYTES = 16
_HEAD = b',"mac":"'
_TAIL = b'"}'
_LENGTH = len(_HEAD) + 2 * _BYTES + len(_TAIL)


def sign(line: bytes, key: bytes) -> bytes:
    """Returns a JSON object that is not empty, as one line without newline, with its hash."""
    return line[:-1] + _HEAD + _digest(line, key) + _TAIL


def is_signed(line: bytes, key: bytes) -> bool:
    """Returns whether a line (without its newline) has been signed with the key."""
    if line[-_LENGTH : len(_HEAD) - _LENGTH] != _HEAD or not line.endswith(_TAIL):
        return False
    digest = line[len(_HEAD) - _LENGTH : -len(_TAIL)]
    return hmac.compare_digest(digest, _digest(line[:-_LENGTH] + b"}", key))


def _digest(line: bytes, key: bytes) -> bytes:
    return hashlib.blake2b(line, key=key, digest_size=_BYTES).hexdigest().encode("ascii")
