"""Artifacts: files that the notebook wrote to its output folder."""

from __future__ import annotations

from jupyter_batch.domain.value import Value

#: Artifacts of each run in a list; ``artifact_count`` has the number of all of them.
LISTED_ARTIFACTS = 20
#: Artifacts in an answer about one run; ``GET runs/{id}/artifacts`` pages through all of them.
SHOWN_ARTIFACTS = 1000


class Artifact(Value, frozen=True, kw_only=True):
    """A file of an attempt's output folder; its bytes are in the store."""

    #: Relative to the output folder, with ``/``.
    path: str
    size_bytes: int
    sha256: str
    #: The type that the file name suggests.
    media_type: str
    attempt_no: int = 1
