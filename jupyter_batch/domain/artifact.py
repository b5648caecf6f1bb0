"""Artifacts: files that the notebook wrote to its output folder."""

from __future__ import annotations

from jupyter_batch.domain.value import Value

#: Of each run in a list; a run says how many there are.
LISTED_ARTIFACTS = 20
#: In an answer about one run; ``GET runs/{id}/artifacts`` has them all, by pages.
SHOWN_ARTIFACTS = 1000


class Artifact(Value, frozen=True, kw_only=True):
    """A file of an attempt's output folder; its bytes are in the store."""

    #: Relative to the output folder, with ``/``.
    path: str
    size_bytes: int
    sha256: str
    #: Guessed from the name.
    media_type: str
    attempt_no: int = 1
