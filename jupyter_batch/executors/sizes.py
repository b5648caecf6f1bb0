"""Computes the most bytes that the runner of an attempt can write, as bounds for logs."""

from __future__ import annotations

from jupyter_batch.domain.settings import Settings
from jupyter_batch.ports import Bundle

_MIB = 1024 * 1024
_GIB = 1024 * _MIB
#: A byte of output becomes at most so many in the log of an engine: ``<`` six there, a quote two
#: in its output's JSON, four in the frame and eight in the log; and each line has a head. A line
#: of the log of a notebook counts as 64 bytes at least (runner/streams.py), for the same reason.
_GROWTH = 8
#: Base64, and the heads of the frames.
_ARTIFACT_GROWTH = 1.5
#: What no limit counts: progress, errors, markers.
_OVERHEAD = 2 * _GIB
#: Of a heartbeat, with what an engine adds to a line.
_HEARTBEAT_BYTES = 512
_YEAR_SECONDS = 366 * 24 * 3600


def max_read(settings: Settings) -> int:
    """Returns the most bytes that are read of an attempt without known settings."""
    documents = 8 * settings.max_bundle_bytes
    return _all(settings, documents)


def max_engine_log(settings: Settings, bundle: Bundle) -> int:
    """Returns the greatest size of the engine's log of an attempt."""
    # The notebook and its parameters come back twice: before the first cell, and in the end.
    documents = len(bundle.notebook) + 4 * len(repr(bundle.settings))
    return _all(settings, 2 * _GROWTH * documents)


def _all(settings: Settings, documents: int) -> int:
    beats = _YEAR_SECONDS / max(settings.heartbeat_seconds, 0.1)
    return (
        _GROWTH * settings.max_output_bytes
        + int(_ARTIFACT_GROWTH * settings.max_artifact_bytes)
        + documents
        + int(beats * _HEARTBEAT_BYTES)
        + _OVERHEAD
    )
