"""Keeps the unit tests quick."""

from __future__ import annotations

import sys

# jsonschema loads this where it is installed, for a format that we do not use; that takes seconds.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
