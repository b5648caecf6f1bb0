"""Macros in parameters: ``{{ run.scheduled_for | date }}`` and the like.

They are replaced inside strings, also in lists and objects, but not in keys. ``{{ "..." }}`` gives
the text between the quotes, for texts that need braces of their own.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from jupyter_batch.domain.schedule.zones import zone_of
from jupyter_batch.domain.value import Value
from jupyter_batch.errors import InvalidParameters

_QUOTED = re.compile(r"\s*(\"[^\"]*\"|'[^']*')\s*")
#: A match stops at the next ``{{``, so that the cost is linear in the length of the text.
_MACRO = re.compile(rf"\{{\{{({_QUOTED.pattern}|(?:(?!\{{\{{).)*?)\}}\}}", re.DOTALL)


class MacroContext(Value, frozen=True, kw_only=True):
    """The values that macros can use."""

    run_id: str
    #: The nominal time. It is the same over retries.
    scheduled_for: datetime
    #: Nominal time of the job's newest run that succeeded; None if there is none yet.
    previous_success_at: datetime | None = None
    #: Name of the job, or of a run without a job.
    job_name: str
    #: Zone of the trigger, in which ``date`` is computed.
    timezone: str = "UTC"


#: Every macro, and the function that gives its value.
MACROS: dict[str, Callable[[MacroContext], str | datetime | None]] = {
    "run.id": lambda context: context.run_id,
    "run.scheduled_for": lambda context: context.scheduled_for,
    "run.previous_success_at": lambda context: context.previous_success_at,
    "job.name": lambda context: context.job_name,
}
_INSTANTS = frozenset({"run.scheduled_for", "run.previous_success_at"})
FILTERS = ("date",)


def check_macros(value: Any, field: str = "parameters") -> None:
    """Raises InvalidParameters, naming the place, unless every macro is known."""
    for path, text in _strings(value, field):
        try:
            _substitute(text, lambda name, filter_name: "")
        except ValueError as error:
            raise InvalidParameters(
                f"{path}: {error}", field=path, allowed=allowed_macros()
            ) from None


def allowed_macros() -> list[str]:
    """Returns every expression that may stand between the braces."""
    return [
        form
        for name in MACROS
        for form in ((name, f"{name} | date") if name in _INSTANTS else (name,))
    ]


def has_macros(value: Any) -> bool:
    """Returns whether a value has any macro."""
    return any("{{" in text for _, text in _strings(value, ""))


def render(value: Any, context: MacroContext) -> Any:
    """Returns the value with its macros replaced by text.

    Instants are ISO 8601 in UTC, dates are local to the zone. A missing value is empty.
    Raises InvalidParameters for a value that ``check_macros`` would refuse.
    """
    match value:
        case str():
            try:
                return _substitute(value, lambda name, kind: _text(name, kind, context))
            except ValueError as error:
                raise InvalidParameters(str(error), field="parameters") from None
        case list() | tuple():
            return [render(item, context) for item in value]
        case dict():
            return {key: render(item, context) for key, item in value.items()}
    return value


def _text(name: str, filter_name: str | None, context: MacroContext) -> str:
    found = MACROS[name](context)
    if found is None:
        return ""
    if isinstance(found, str):
        return found
    if filter_name == "date":
        return found.astimezone(zone_of(context.timezone)).date().isoformat()
    return found.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _substitute(text: str, value_of: Callable[[str, str | None], str]) -> str:
    """Returns the text with each macro replaced; raises ValueError with a reason."""
    parts, end = [], 0
    for match in _MACRO.finditer(text):
        parts += [_plain(text[end : match.start()]), _one(match.group(1), value_of)]
        end = match.end()
    return "".join([*parts, _plain(text[end:])])


def _plain(text: str) -> str:
    if "{{" in text:
        raise ValueError('"{{" is not closed by "}}"; to mean the braces, write {{ "{{" }}')
    return text


def _one(inside: str, value_of: Callable[[str, str | None], str]) -> str:
    quoted = _QUOTED.fullmatch(inside)
    if quoted:
        return quoted.group(1)[1:-1]
    name, bar, filter_name = (part.strip() for part in inside.partition("|"))
    if name not in MACROS:
        raise ValueError(f"there is no macro {name[:60]!r}{_hint(name, tuple(MACROS))}")
    if not bar:
        return value_of(name, None)
    if filter_name not in FILTERS:
        raise ValueError(f"there is no filter {filter_name[:60]!r}{_hint(filter_name, FILTERS)}")
    if name not in _INSTANTS:
        raise ValueError(f"{name} is no instant: it has no {filter_name}")
    return value_of(name, filter_name)


def _hint(word: str, known: tuple[str, ...]) -> str:
    near = difflib.get_close_matches(word.lower(), known, n=1)
    if not near:
        near = [name for name in known if name.rpartition(".")[2] == word.lower()]
    return f"; did you mean {near[0]!r}?" if near else f"; there are: {', '.join(known)}"


def _strings(value: Any, path: str) -> Iterator[tuple[str, str]]:
    match value:
        case str():
            yield path, value
        case list() | tuple():
            for index, item in enumerate(value):
                yield from _strings(item, f"{path}.{index}")
        case dict():
            for key, item in value.items():
                yield from _strings(item, f"{path}.{key}")
