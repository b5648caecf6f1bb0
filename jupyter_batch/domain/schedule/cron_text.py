"""Reads what people write as cron into the text that cronsim understands, or says why not."""

from __future__ import annotations

import difflib
import re
from functools import lru_cache
from typing import Any, NamedTuple, NoReturn

from jupyter_batch.domain.value import Value
from jupyter_batch.errors import InvalidSchedule

_MAX_LENGTH = 1000

#: What each nickname stands for.
NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


class FieldSpec(NamedTuple):
    """The values that one of the five fields takes."""

    name: str
    low: int
    high: int
    #: Lower-case names, and the number of the first.
    names: tuple[str, ...]
    first: int
    extras: str
    #: How many different values there are (Sunday is both 0 and 7).
    size: int


_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
_DAYS = "sun mon tue wed thu fri sat"
MINUTE = FieldSpec("minute", 0, 59, (), 0, "", 60)
HOUR = FieldSpec("hour", 0, 23, (), 0, "", 24)
DAY_OF_MONTH = FieldSpec(
    "day of month", 1, 31, (), 0, ", L (the last day), LW (the last weekday), ?", 31
)
MONTH = FieldSpec("month", 1, 12, tuple(_MONTHS.split()), 1, "", 12)
DAY_OF_WEEK = FieldSpec(
    "day of week", 0, 7, tuple(_DAYS.split()), 0, ", 5L or friL (the last), 5#2 (the second), ?", 7
)
FIELDS = (MINUTE, HOUR, DAY_OF_MONTH, MONTH, DAY_OF_WEEK)


class CronText(Value, frozen=True, kw_only=True):
    """The five fields in numbers, in capitals, without nicknames, ``?`` and wrapping ranges."""

    minute: str
    hour: str
    day: str
    month: str
    weekday: str

    def __hash__(self) -> int:
        return hash((self.minute, self.hour, self.day, self.month, self.weekday))

    @property
    def is_wildcard(self) -> bool:
        """True if minute or hour is a ``*``: Debian then counts real time, whatever clocks do."""
        return self.minute.startswith("*") or self.hour.startswith("*")

    @property
    def days_must_agree(self) -> bool:
        """True if both day fields must match; otherwise one is enough (Debian's rule)."""
        return self.day.startswith("*") or self.weekday.startswith("*")

    @property
    def time_fields(self) -> str:
        """The minute and hour fields."""
        return f"{self.minute} {self.hour}"

    @property
    def day_fields(self) -> str:
        """The three fields that choose days."""
        return f"{self.day} {self.month} {self.weekday}"


@lru_cache(maxsize=4096)
def read_cron(text: str) -> CronText:
    """Returns the fields; raises InvalidSchedule with the field, the reason and what is allowed.

    The error's details: ``field`` is ``cron``, ``cron_field`` the name of the field,
    ``position`` where its bad item begins in the text (from 0), ``allowed``. Says nothing about
    whether such a date exists.
    """
    if len(text) > _MAX_LENGTH:
        _refuse(f"the cron text is longer than {_MAX_LENGTH} characters", 0)
    words = [(m.group(), m.start()) for m in re.finditer(r"\S+", text)]
    if words and words[0][0].startswith("@"):
        words = _expand(words)
    if len(words) != len(FIELDS):
        _refuse_count(words)
    fields = [
        _read_field(spec, word.lower(), at) for spec, (word, at) in zip(FIELDS, words, strict=True)
    ]
    return CronText(
        minute=fields[0], hour=fields[1], day=fields[2], month=fields[3], weekday=fields[4]
    )


def _expand(words: list[tuple[str, int]]) -> list[tuple[str, int]]:
    (word, at), name = words[0], words[0][0].lower()
    allowed = ", ".join(NICKNAMES)
    if name == "@reboot":
        _refuse("'@reboot' is no time: a job can run at times only", at, allowed=allowed)
    if name == "@every":
        _refuse("'@every' is not cron: use an interval", at, allowed=allowed)
    if name not in NICKNAMES:
        near = difflib.get_close_matches(name, NICKNAMES, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are: {allowed}"
        _refuse(f"there is no nickname {word!r}; {hint}", at, allowed=allowed)
    if len(words) > 1:
        _refuse(f"{word} stands alone, nothing may follow it", words[1][1])
    return [(field, at) for field in NICKNAMES[name].split()]


def _refuse_count(words: list[tuple[str, int]]) -> NoReturn:
    allowed = "minute hour day-of-month month day-of-week, or one of " + ", ".join(NICKNAMES)
    if not words:
        _refuse("the cron text is empty", 0, allowed=allowed)
    hint = "; seconds are not among them: use an interval" if len(words) == 6 else ""
    position = words[5][1] if len(words) > 5 else words[-1][1]
    _refuse(
        f"cron has five fields ({allowed}), this has {len(words)}{hint}", position, allowed=allowed
    )


def _read_field(spec: FieldSpec, word: str, at: int) -> str:
    if word == "?" and spec in (DAY_OF_MONTH, DAY_OF_WEEK):
        return "*"
    items = []
    for item in word.split(","):
        items.append(_Item(spec, item, at).read())
        at += len(item) + 1
    return ",".join(items)


class _Item:
    """One of the comma-separated items of a field."""

    def __init__(self, spec: FieldSpec, item: str, at: int) -> None:
        self._spec = spec
        self._item = item
        self._at = at

    def read(self) -> str:
        item, spec = self._item, self._spec
        if item == "":
            raise self._bad("an item is empty")
        if item == "?":
            raise self._bad("? may stand in a day field only, and alone")
        if spec is DAY_OF_MONTH and item in ("l", "lw"):
            return item.upper()
        if spec is DAY_OF_WEEK and item == "l":
            raise self._bad("L needs its day, as in 5L or friL")
        if spec is DAY_OF_WEEK and item.endswith("l"):
            return f"{self._number(item[:-1])}L"
        if spec is DAY_OF_WEEK and "#" in item:
            day, _, nth = item.partition("#")
            if nth not in tuple("12345"):
                raise self._bad("after # comes a number from 1 to 5")
            return f"{self._number(day)}#{nth}"
        base, slash, step_text = item.partition("/")
        step = self._step(step_text) if slash else 1
        suffix = f"/{step}" if slash else ""
        if base == "*":
            return f"*{suffix}"
        if "-" not in base:
            return f"{self._number(base)}{suffix}"
        return self._range(base, step, suffix)

    def _range(self, base: str, step: int, suffix: str) -> str:
        spec = self._spec
        start_text, _, end_text = base.partition("-")
        start, end = self._number(start_text), self._number(end_text)
        if start == end:
            # cronsim takes 5-5/2 for 5/2, which goes on to the end of the field.
            return str(start)
        if start < end:
            return f"{start}-{end}{suffix}"
        length = (end - start) % spec.size + 1
        return ",".join(
            str((start - spec.low + i) % spec.size + spec.low) for i in range(0, length, step)
        )

    def _step(self, text: str) -> int:
        spec = self._spec
        step = int(text) if re.fullmatch(r"[0-9]{1,4}", text) else 0
        if not 1 <= step <= spec.size:
            raise self._bad(f"a step is a number from 1 to {spec.size}")
        return step

    def _number(self, text: str) -> int:
        spec = self._spec
        if text in spec.names:
            return spec.names.index(text) + spec.first
        if re.fullmatch(r"[0-9]{1,4}", text) and spec.low <= int(text) <= spec.high:
            return int(text)
        near = difflib.get_close_matches(text, spec.names, n=1) if text.isalpha() else []
        hint = f" (did you mean {near[0]}?)" if near else ""
        what = f"{text[:40]!r} is not" if text else "a number is missing: there must be"
        raise self._bad(f"{what} {_values(spec)}{hint}")

    def _bad(self, why: str) -> InvalidSchedule:
        spec = self._spec
        allowed = f"{_values(spec)}, *, lists (1,2), ranges (1-5), steps (*/2){spec.extras}"
        return InvalidSchedule(
            f"cron: {spec.name} {self._item[:40]!r}: {why}; allowed: {allowed}",
            field="cron",
            position=self._at,
            cron_field=spec.name,
            allowed=allowed,
        )


def _values(spec: FieldSpec) -> str:
    names = f" or a name from {spec.names[0]} to {spec.names[-1]}" if spec.names else ""
    return f"a number from {spec.low} to {spec.high}{names}"


def numbers(spec: FieldSpec, field: str) -> tuple[int, ...] | None:
    """Returns the values of a field that has been read, in order; None where it has L or #."""
    found: set[int] = set()
    for item in field.split(","):
        base, _, step = item.partition("/")
        if "L" in base or "#" in base:
            return None
        start, _, end = (f"{spec.low}-{spec.high}" if base == "*" else base).partition("-")
        last = int(end) if end else (spec.high if step else int(start))
        found.update(range(int(start), last + 1, int(step or 1)))
    if spec is DAY_OF_WEEK:
        found = {value % 7 for value in found}
    return tuple(sorted(found))


def _refuse(message: str, position: int, **details: Any) -> NoReturn:
    raise InvalidSchedule(message, field="cron", position=position, **details)
