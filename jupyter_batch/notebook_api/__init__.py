"""The API for a notebook inside a run: ``current``, ``record``, ``track``.

Stands alone (standard library and ``errors.py``, Python >= 3.9): where the job's image does not
have jupyter_batch, the runner puts this folder on the kernel's path under the same name. All of
it works by hand too, outside of a run.
"""

from __future__ import annotations

from .context import Current, current
from .record_results import record
from .track_loop import track
from .tracking import Track

__all__ = ["Current", "Track", "current", "record", "track"]
