"""Reads a file of secrets, and finds values that cannot be masked well."""

from __future__ import annotations

import re

#: Shorter values occur in too many texts: masking them would hide most of the output.
MIN_LENGTH = 4
#: From this length on a value is unlikely to occur in a text by chance.
SAFE_LENGTH = 8

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t"}
_LONGEST_WORD = 15


class BadSecrets(ValueError):
    """A file of secrets cannot be read. The message names the line and never its content."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}")


def read_secrets(text: str) -> dict[str, str]:
    """Reads ``NAME=value``, ``NAME="value"`` and ``NAME='value'``; raises BadSecrets.

    A value in quotes may have several lines. Between double quotes ``\\n``, ``\\r``, ``\\t``,
    ``\\"`` and ``\\\\`` are escapes; single quotes have none.
    """
    lines = text.removeprefix("\ufeff").split("\n")
    found: dict[str, str] = {}
    at = 0
    while at < len(lines):
        number, line = at + 1, lines[at].strip()
        at += 1
        if not line or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        name, value = name.removeprefix("export ").strip(), value.strip()
        if not equals or not _NAME.fullmatch(name):
            raise BadSecrets(
                number,
                "is no NAME=value, nor a comment after a '#'; a value of several lines is put "
                "into quotes",
            )
        if name in found:
            raise BadSecrets(number, "names a secret that an earlier line has, too")
        if value[:1] in ("'", '"'):
            value, at = _quoted(lines, number)
        elif not value.strip("="):
            # It may be the last line of a key in base64.
            raise BadSecrets(number, "has no value; a value of several lines is put into quotes")
        if "\0" in value:
            raise BadSecrets(number, "has a NUL in its value, which no variable can hold")
        if not value:
            raise BadSecrets(number, "has no value")
        found[name] = value
    return found


def _quoted(lines: list[str], number: int) -> tuple[str, int]:
    """Reads a quoted value that begins in a line; returns it and the number of lines used."""
    rest = lines[number - 1].partition("=")[2].lstrip()
    quote, rest = rest[0], rest[1:]
    pattern = r'((?:[^"\\]|\\.)*)"' if quote == '"' else r"([^']*)'"
    text = "\n".join([rest, *lines[number:]])
    found = re.match(pattern, text, re.DOTALL)
    if found is None:
        raise BadSecrets(
            number,
            "begins a value with a quote that nothing ends; a value with a quote in it is put "
            "into quotes of the other kind",
        )
    after = text[found.end() :].partition("\n")[0].strip()
    if after and not after.startswith("#"):
        last = number + found.group().count("\n")
        raise BadSecrets(last, "goes on after the quote that ends its value")
    value = found.group(1).replace("\r\n", "\n")
    if quote == '"':
        value = _ESCAPE.sub(lambda one: _ESCAPED.get(one.group(1), one.group(1)), value)
    return value, number + found.group().count("\n")


def why_too_short(value: str) -> str | None:
    """Returns why a value cannot be a secret; None if it can."""
    if len(value) >= MIN_LENGTH:
        return None
    return f"it has fewer than {MIN_LENGTH} characters; masked, it would leave little of any output"


def weakness(value: str) -> str | None:
    """Returns how masking a value affects other texts; None if it does not."""
    if (short := why_too_short(value)) is not None:
        return f"refused: {short}"
    if len(value) < SAFE_LENGTH:
        return f"it has fewer than {SAFE_LENGTH} characters: texts that have them are masked, too"
    if value.isdigit():
        return "it is a number: other numbers that have its digits are masked, too"
    is_word = value.isalpha() and value in (value.lower(), value.upper(), value.title())
    if is_word and len(value) <= _LONGEST_WORD:
        return "it may be an ordinary word: texts that have it are masked, too"
    return None
