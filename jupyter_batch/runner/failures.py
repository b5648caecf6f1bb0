"""Failures that the runner finds by itself, without papermill."""

from __future__ import annotations

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_BUNDLE = 64
#: No whole bundle has arrived. Nothing has run, so the attempt can be started again.
EXIT_NO_BUNDLE = 66
EXIT_MISSING = 69
EXIT_FAULT = 70


class Failure(Exception):
    """The attempt cannot go on; becomes the ``finished`` frame."""

    def __init__(self, cause: str, message: str, exit_code: int = EXIT_FAILED) -> None:
        super().__init__(message)
        self.cause = cause
        self.message = message
        self.exit_code = exit_code
