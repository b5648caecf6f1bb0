"""Protects the runner's memory and descriptors from other processes of its user."""

from __future__ import annotations

import sys

_PR_SET_DUMPABLE = 4


def shield() -> bool:
    """Makes ``/proc/<our pid>`` (its ``mem``, ``fd``, ``environ``) the system's; Linux only.

    Child processes are not protected: exec ends it. Another user than the notebook's
    would take a capability that containers do not have, and root passes all of this: then the
    signature of frames protects (signing.py). Returns whether it has worked.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        import ctypes

        return bool(ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
    except (ImportError, OSError, AttributeError):
        return False
