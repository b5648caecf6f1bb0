"""Fields of a form, one for each parameter, made from its JSON Schema."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import ipywidgets as ipw

from jupyter_batch.domain.parameters.schema_check import fits
from jupyter_batch.domain.parameters.schema_text import describe_schema, shown
from jupyter_batch.widgets import markup
from jupyter_batch.widgets.base import full, html_box

#: What a field that is left empty stands for: the notebook's own value.
UNSET: Any = object()
#: Beyond these a browser's numbers are not exact.
_LARGEST = 2**53
NAME_WIDTH = "11em"
#: Left of what stands below a control.
INDENT = "11.5em"
_CHOOSE = "(choose)"
_SHORT_LIST = 60


class NotAValue(Exception):
    """A field holds a text that cannot be sent; the message says why."""


class Field:
    """A labelled control with its help, and a place for its error."""

    def __init__(self, name: str, control: ipw.Widget, help_text: str = "") -> None:
        self.name = name
        self.control = control
        self._error = html_box(margin=f"0 0 0 {INDENT}", width="auto")
        self._error.layout.display = "none"
        control.description = name
        control.tooltip = help_text or name
        control.style.description_width = NAME_WIDTH
        control.layout = full(width="auto", flex="2 1 22em", max_width="44em")
        help_box = html_box(
            markup.block(markup.soft(help_text)), flex="1 1 14em", width="auto", margin="0 0 0 10px"
        )
        row = ipw.HBox([control, help_box], layout=full(flex_flow="row wrap", align_items="center"))
        self.box = ipw.VBox([row, self._error], layout=full())

    def value(self) -> Any:
        """Returns what is to be sent, or UNSET; raises NotAValue."""
        return self.control.value

    def show_error(self, message: str) -> None:
        """Shows a problem of the value; an empty text removes it."""
        self._error.value = markup.note(message)
        self._error.layout.display = None if message else "none"

    @property
    def error(self) -> str:
        """The error as HTML; empty where there is none."""
        return str(self._error.value)


class ParameterField(Field):
    """A field of a parameter; what equals the notebook's own value is not sent."""

    def __init__(
        self, name: str, schema: Mapping[str, Any], *, required: bool, preset: Any = UNSET
    ) -> None:
        self._schema = dict(schema)
        self._default = schema.get("default", UNSET)
        self._reads_text = False
        value = self._default if preset is UNSET else preset
        super().__init__(name, self._make(value), _help(schema, required))
        if self._reads_text:
            self.control.observe(lambda _: self._check(), names="value")

    def value(self) -> Any:
        """Returns what is to be sent, or UNSET where the notebook's own value is meant."""
        value = self._read()
        is_own = type(value) is type(self._default) and value == self._default
        return UNSET if is_own else value

    def _make(self, value: Any) -> ipw.Widget:
        schema, kind = self._schema, self._schema.get("type")
        if "enum" in schema:
            return _dropdown(list(schema["enum"]), value)
        if kind == "boolean":
            if value is UNSET:
                return _dropdown([True, False], value)
            return ipw.Checkbox(value=bool(value), indent=True)
        if kind == "integer" and _is_number(value) and abs(value) < _LARGEST:
            return ipw.IntText(value=int(value))
        if kind == "number" and _is_number(value):
            return ipw.FloatText(value=float(value))
        self._reads_text = True
        text = "" if value in (UNSET, None) else _as_text(value, kind)
        empty = "None" if value is None else str(schema.get("$comment", ""))
        if kind in ("array", "object") or "\n" in text:
            rows = min(10, max(2, text.count("\n") + 1))
            return ipw.Textarea(value=text, placeholder=empty, rows=rows)
        return ipw.Text(value=text, placeholder=empty)

    def _read(self) -> Any:
        if not self._reads_text:
            return self.control.value
        text, has_default = str(self.control.value), self._default is not UNSET
        if self._schema.get("type") == "string":
            return text if text or has_default else UNSET
        if text.strip():
            return _read_text(text, self._schema)
        return None if has_default and fits(self._schema, None) else UNSET

    def _check(self) -> None:
        """Shows at once that a value cannot be sent."""
        try:
            self._read()
        except NotAValue as error:
            self.show_error(str(error))
        else:
            self.show_error("")


def _help(schema: Mapping[str, Any], required: bool) -> str:
    parts = [str(schema["description"])] if schema.get("description") else []
    kind = describe_schema({k: v for k, v in schema.items() if k not in ("default", "description")})
    if required:
        kind += ", needed"
    elif "default" in schema:
        default = shown(schema["default"])
        kind += f" · default {default}" if len(default) <= _SHORT_LIST else ""
    return " · ".join([*parts, kind])


def _dropdown(choices: list[Any], value: Any) -> ipw.Dropdown:
    options = [(choice if isinstance(choice, str) else repr(choice), choice) for choice in choices]
    if value is UNSET:
        options.insert(0, (_CHOOSE, UNSET))
    elif not any(type(value) is type(choice) and value == choice for choice in choices):
        options.insert(0, (repr(value), value))
    return ipw.Dropdown(options=options, value=value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _as_text(value: Any, kind: Any) -> str:
    if isinstance(value, str) and kind not in ("array", "object"):
        return value
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _SHORT_LIST else json.dumps(value, ensure_ascii=False, indent=2)


def _read_text(text: str, schema: dict[str, Any]) -> Any:
    """Returns a typed text as the schema wants it: JSON, or the text itself; raises NotAValue."""
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        value = {"True": True, "False": False, "None": None}.get(text.strip(), text)
        if not fits(schema, value):
            raise NotAValue(
                f"this takes {describe_schema(schema)}{_where(error, schema)}"
            ) from error
    is_text = isinstance(value, str) or not fits(schema, value)
    return text if is_text and fits(schema, text) else value


def _where(error: Exception, schema: Mapping[str, Any]) -> str:
    if schema.get("type") in ("array", "object") and isinstance(error, json.JSONDecodeError):
        return f", written as JSON: {error.msg} at line {error.lineno}, column {error.colno}"
    return ""


def _refuse(constant: str) -> Any:
    raise ValueError(f"JSON has no {constant}")
