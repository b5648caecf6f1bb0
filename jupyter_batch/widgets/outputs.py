"""Outputs of runs made fit for an ``Output`` widget, which shows whatever it is given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from jupyter_batch.widgets.markup import plain
from jupyter_batch.widgets.safe_html import safe_html

#: Representations that run nothing wherever they are shown. SVG is shown as a picture, in which
#: no script runs. Markdown is none: an ``Output`` trusts the HTML in it.
_HARMLESS = (
    "text/plain",
    "text/latex",
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/svg+xml",
)
_MAX_TEXT = 100_000
_MAX_PICTURE = 4_000_000
_LEFT_OUT = "[an output that needs scripts is not shown here: open the run in the Batch panel]\n"


def fit(outputs: Iterable[Mapping[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Returns outputs that run nothing, with neighbours of one stream joined and long ones cut."""
    shown: list[dict[str, Any]] = []
    for output in outputs:
        kind = output.get("output_type")
        if kind == "stream":
            _add_stream(shown, str(output.get("name", "stdout")), _text(output.get("text")))
        elif kind == "error":
            shown.append(_error(output))
        elif kind in ("display_data", "execute_result", "update_display_data"):
            shown.append(_display(output))
    return tuple(_cut(output) for output in shown)


def _add_stream(shown: list[dict[str, Any]], name: str, text: str) -> None:
    last = shown[-1] if shown else {}
    if last.get("output_type") == "stream" and last.get("name") == name:
        last["text"] += text
    else:
        shown.append({"output_type": "stream", "name": name, "text": text})


def _error(output: Mapping[str, Any]) -> dict[str, Any]:
    # As a stream: tracebacks have colours of their own, which Output shows, and nothing else.
    lines = output.get("traceback") or [f"{output.get('ename')}: {output.get('evalue')}"]
    return {"output_type": "stream", "name": "stderr", "text": "\n".join(map(str, lines)) + "\n"}


def _display(output: Mapping[str, Any]) -> dict[str, Any]:
    data = output.get("data") or {}
    kept = {kind: _text(data[kind]) for kind in _HARMLESS if kind in data}
    for kind in [kind for kind in kept if kind.startswith("image/")]:
        if len(kept[kind]) > _MAX_PICTURE:
            del kept[kind]
    if "\\href" in kept.get("text/latex", ""):
        del kept["text/latex"]
    lost = not kept and bool(data)
    if "text/html" in data:
        clean, lost = safe_html(_text(data["text/html"])[:_MAX_PICTURE])
        if not lost:
            kept["text/html"] = clean
    elif "text/markdown" in data:
        kept["text/plain"] = _text(data["text/markdown"])
        lost = False
    if lost and not any(kind.startswith("image/") for kind in kept):
        kept["text/plain"] = _LEFT_OUT + kept.get("text/plain", "")
    return {"output_type": "display_data", "data": kept, "metadata": _sizes(output)}


def _sizes(output: Mapping[str, Any]) -> dict[str, Any]:
    """Keeps the sizes of pictures."""
    metadata = output.get("metadata")
    found = {}
    for kind, about in (metadata if isinstance(metadata, Mapping) else {}).items():
        if str(kind).startswith("image/") and isinstance(about, Mapping):
            numbers = {k: v for k, v in about.items() if isinstance(v, int | float)}
            found[str(kind)] = {k: numbers[k] for k in ("width", "height") if k in numbers}
    return found


def _cut(output: dict[str, Any]) -> dict[str, Any]:
    text = output.get("text")
    if not isinstance(text, str) or len(text) <= _MAX_TEXT:
        return output
    half = _MAX_TEXT // 2
    left_out = len(text) - 2 * half
    middle = f"\n… {left_out:,} characters are left out here; the notebook has them …\n"
    return {**output, "text": text[:half] + middle + text[-half:]}


def _text(value: Any) -> str:
    """Returns a text that nbformat may have as lines; JSON values are of no use here."""
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else plain(str(value or ""))
