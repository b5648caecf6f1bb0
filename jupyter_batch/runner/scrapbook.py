"""Reads results in outputs: of scrapbook's ``sb.glue`` and papermill's old ``pm.record``."""

from __future__ import annotations

import re
from typing import Any, Dict, Iterator, Tuple

_SCRAP = re.compile(r"application/scrapbook\.scrap\.([\w.-]+)\+json\Z")
_RECORD = "application/papermill.record+json"


def glued(output: Dict[str, Any]) -> Iterator[Tuple[str, str, Any]]:
    """Yields name, type and value of a result that an output holds; else nothing."""
    if output.get("output_type") != "display_data":
        return
    for mime, content in (output.get("data") or {}).items():
        if not isinstance(content, dict):
            continue
        found = _SCRAP.match(mime)
        if found and "data" in content and isinstance(content.get("name"), str):
            kind = "parquet" if found.group(1) == "pandas" else type_of(content["data"])
            yield content["name"], kind, content["data"]
        elif mime == _RECORD:
            for name, value in content.items():
                yield str(name), type_of(value), value


def type_of(value: Any) -> str:
    """Returns the type of a value that came as JSON."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, (int, float)):
        return "number"
    return "text" if isinstance(value, str) else "json"
