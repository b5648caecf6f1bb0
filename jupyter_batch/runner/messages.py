"""Repairs messages of kernels whose content nbformat would refuse."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Tuple

from .frame_writer import to_json

#: Fields that may be other than text in nbformat's schema.
_ANY_JSON = re.compile(r"application/(.*\+)?json\Z")


#: Levels of lists and objects in an output: whatever reads and writes notebooks is recursive.
MAX_NESTING = 200


def mend(msg: Dict[str, Any]) -> None:
    """Repairs the content of a message from the IOPub channel where that is necessary."""
    content = msg["content"]
    if is_deep(content, MAX_NESTING + 2):
        for name in list(content):
            content[name] = _shallow(content[name])
    if not isinstance(content.get("transient", {}), dict):
        content["transient"] = {}
    if "execution_count" in content and not _is_count(content["execution_count"]):
        content["execution_count"] = None
    for name, (is_right, make_right) in _PARTS.get(msg["msg_type"], {}).items():
        if not is_right(content.get(name)):
            content[name] = make_right(content.get(name))


def error_parts(content: Dict[str, Any]) -> Tuple[str, str, "list[str]"]:
    """Returns name, value and traceback of an error as texts, of whatever type they are."""
    return (
        _text(content.get("ename")),
        _text(content.get("evalue")),
        list(map(_text, content.get("traceback") or ())),
    )


def is_deep(value: Any, limit: int = MAX_NESTING) -> bool:
    """Returns whether lists and dicts are nested more than so many levels deep."""
    level = [value]
    for _ in range(limit + 1):
        level = [item for item in level if isinstance(item, (dict, list, tuple))]
        if not level:
            return False
        level = [
            inner for item in level for inner in (item.values() if isinstance(item, dict) else item)
        ]
    return True


def _shallow(part: Any) -> Any:
    """Returns a part of a message with a note in place of what is nested too deeply."""
    if not is_deep(part):
        return part
    if not isinstance(part, dict):
        return _left_out("an output")
    kept = {name: item for name, item in part.items() if not is_deep(item, MAX_NESTING - 1)}
    left_out = [name for name in part if name not in kept]
    if any("/" in str(name) for name in left_out):
        kept.setdefault("text/plain", _left_out(f"an output of type {left_out[0]}"))
    return kept


def _left_out(what: str) -> str:
    return f"[jupyter_batch: {what} that is nested more than {MAX_NESTING} levels deep is left out]"


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else to_json(value)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _texts(value: Any) -> "list[str]":
    return list(map(_text, value)) if isinstance(value, list) else []


def _is_multiline(value: Any) -> bool:
    return _is_text(value) or _are_texts(value)


def _is_mapping(value: Any) -> bool:
    return isinstance(value, dict)


def _mapping(value: Any) -> Dict[str, Any]:
    return {}


def _is_count(value: Any) -> bool:
    if value is None:
        return True
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_bundle(value: Any) -> bool:
    return isinstance(value, dict) and all(
        _is_multiline(item) or _ANY_JSON.match(mime) for mime, item in value.items()
    )


def _bundle(value: Any) -> Dict[str, Any]:
    if not isinstance(value, dict):
        return {} if value is None else {"text/plain": _text(value)}
    return {
        mime: item if _is_multiline(item) or _ANY_JSON.match(mime) else _text(item)
        for mime, item in value.items()
    }


def _no_count(value: Any) -> None:
    return None


_Part = Tuple[Callable[[Any], bool], Callable[[Any], Any]]
_TEXT: _Part = (_is_text, _text)
_DISPLAY: Dict[str, _Part] = {
    "data": (_is_bundle, _bundle),
    "metadata": (_is_mapping, _mapping),
}
_PARTS: Dict[str, Dict[str, _Part]] = {
    "display_data": _DISPLAY,
    "update_display_data": _DISPLAY,
    "execute_result": {**_DISPLAY, "execution_count": (_is_count, _no_count)},
    "stream": {
        "name": (lambda value: value in ("stdout", "stderr"), lambda value: "stdout"),
        "text": (_is_multiline, _text),
    },
    "error": {"ename": _TEXT, "evalue": _TEXT, "traceback": (_are_texts, _texts)},
}
