"""The ``jupyter batch`` command; everything it does goes through the client."""

from __future__ import annotations

from jupyter_batch.cli.main import main

__all__ = ["main"]
