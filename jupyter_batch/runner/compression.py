"""Compresses long frames, so that an engine has less to keep and its reader less to fetch.

An engine escapes and copies each byte of its log several times, and much of what notebooks print
repeats itself. A compressed frame is a line like any other, with its number and its signature;
the line that it stands for is in it.
"""

from __future__ import annotations

import base64
import zlib

#: Setting of the bundle that allows it.
COMPRESS_SETTING = "compress_frames"
#: A shorter line is not worth it.
_LEAST_BYTES = 16 * 1024
#: The sample by which it is decided, and to what share of it it has to shrink.
_SAMPLE_BYTES, _MOST_SHARE = 16 * 1024, 0.2
#: The fastest.
_LEVEL = 1
_MARK = b',"compressed":"'
#: In what part of a line the mark stands: behind the version and the number.
_HEAD_BYTES = 48


def compressed(line: bytes, seq: int) -> bytes:
    """Returns a frame's line, compressed where that makes it much shorter."""
    if len(line) < _LEAST_BYTES:
        return line
    middle = (len(line) - _SAMPLE_BYTES) // 2
    sample = zlib.compress(line[middle : middle + _SAMPLE_BYTES], _LEVEL)
    if len(sample) > _MOST_SHARE * _SAMPLE_BYTES:
        return line
    body = base64.b64encode(zlib.compress(line, _LEVEL))
    return b'{"v":1,"seq":%d%b%b"}' % (seq, _MARK, body)


def decompressed(line: bytes, max_bytes: int) -> bytes:
    """Returns the line that a compressed one stands for, any other as it is.

    Raises ValueError where it cannot be read, or stands for more than so many bytes.
    """
    start = line.find(_MARK, 0, _HEAD_BYTES)
    if start < 0:
        return line
    start += len(_MARK)
    reader = zlib.decompressobj()
    try:
        body = base64.b64decode(line[start : line.index(b'"', start)], validate=True)
        text = reader.decompress(body, max_bytes)
    except zlib.error as error:
        raise ValueError(str(error)) from error
    if not reader.eof:
        raise ValueError("it is cut off, or too long")
    return text
