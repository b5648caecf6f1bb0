"""Runs inside a container: reads the runner from stdin, writes it to a path, executes it.

The runner then reads its bundle from the rest of stdin.
"""

import os
import select
import sys
import zipimport

#: The runner's exit code where no bundle arrives (runner/failures.py).
_EXIT_NO_BUNDLE = 66
_PATIENCE_SECONDS = 20


def _take(size: int) -> bytes:
    pieces = []
    while size:
        is_ready = select.select([0], [], [], _PATIENCE_SECONDS)[0]
        piece = os.read(0, min(size, 65536)) if is_ready else b""
        if not piece:
            os._exit(_EXIT_NO_BUNDLE)
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


_path = sys.argv[1]
with open(_path, "wb") as _file:
    _file.write(_take(int.from_bytes(_take(8), "big")))
sys.argv[:] = sys.path[:1] = [_path]
exec(zipimport.zipimporter(_path).get_code("__main__"), {"__name__": "__main__"})
