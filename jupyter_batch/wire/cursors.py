"""Cursors: opaque texts that mark where a list continues."""

from __future__ import annotations

import base64
import binascii
import re
import zlib

from jupyter_batch.errors import InvalidInput

_VERSION = "1"
_ID = re.compile(r"[0-9a-z]{26}")


def cursor_of(after: str | None) -> str | None:
    """Returns the cursor of the page after an id."""
    if after is None:
        return None
    text = f"{_VERSION}{after}{_checksum(after)}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def after_of(cursor: str) -> str:
    """Returns the id in a cursor; raises InvalidInput for a text that is no cursor of ours."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError) as error:
        raise _invalid() from error
    version, after, checksum = text[:1], text[1:-8], text[-8:]
    if version != _VERSION or not _ID.fullmatch(after) or checksum != _checksum(after):
        raise _invalid()
    return after


def _checksum(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"


def _invalid() -> InvalidInput:
    return InvalidInput(
        "cursor is none of ours: give back the next_cursor of a list, or none", field="cursor"
    )
