"""Reads the comments about the statements of a cell."""

from __future__ import annotations

import ast
import io
import re
import tokenize

from jupyter_batch.notebook.annotations import Schema, schema_of_text

#: Comments that talk to tools.
_PRAGMA = re.compile(r"noqa|pragma\b|pylint:|fmt:|isort:|ruff:|mypy:|type:\s*ignore|@param\b|%%")
_TYPE = re.compile(r"type:\s*(?P<annotation>\S+)\s*(?P<text>.*)")
_CODE = re.compile(r"[A-Za-z_]\w*\s*(:[^=]+)?=[^=]")


class Comments:
    """The comments of a cell by line."""

    def __init__(self, source: str) -> None:
        #: Line number to text, for comments behind code.
        self._behind: dict[int, str] = {}
        #: Line number to text, for comments with a line to themselves.
        self._alone: dict[int, str] = {}
        #: What has been found out already: many names may stand in one line.
        self._described: dict[tuple[int, int], str | None] = {}
        self._annotated: dict[tuple[int, int], Schema | None] = {}
        try:
            for token in tokenize.generate_tokens(io.StringIO(source).readline):
                if token.type == tokenize.COMMENT:
                    is_alone = not token.line[: token.start[1]].strip()
                    place = self._alone if is_alone else self._behind
                    place[token.start[0]] = token.string.lstrip("#:! \t").rstrip()
        except (tokenize.TokenError, SyntaxError):
            return  # what was found up to there is still true

    def describe(self, statement: ast.stmt) -> str | None:
        """Returns the comment behind the statement, else the lines right above it, else None."""
        place = _place(statement)
        if place not in self._described:
            self._described[place] = self._description(statement)
        return self._described[place]

    def annotation(self, statement: ast.stmt) -> Schema | None:
        """Returns the annotation of a ``# type: int`` comment, as papermill reads them."""
        place = _place(statement)
        if place not in self._annotated:
            text = self._text_behind(statement)
            typed = _TYPE.match(text)
            is_none = typed is None or _PRAGMA.match(text)
            self._annotated[place] = None if is_none or typed is None else _schema_of(typed)
        return self._annotated[place]

    def _description(self, statement: ast.stmt) -> str | None:
        text = self._text_behind(statement)
        typed = _TYPE.match(text)
        if typed and not _PRAGMA.match(text):
            text = typed["text"].lstrip("# ")
        if text and not _PRAGMA.match(text):
            return text
        return self._above(statement.lineno) or None

    def _text_behind(self, statement: ast.stmt) -> str:
        last = statement.end_lineno or statement.lineno
        return self._behind.get(last) or self._behind.get(statement.lineno) or ""

    def _above(self, line: int) -> str:
        texts: list[str] = []
        while (line := line - 1) in self._alone:
            text = self._alone[line]
            if _CODE.match(text) or _PRAGMA.match(text):
                break
            if any(character.isalnum() for character in text):
                texts.append(text)
        return " ".join(reversed(texts))


def _place(statement: ast.stmt) -> tuple[int, int]:
    return statement.lineno, statement.end_lineno or statement.lineno


def _schema_of(typed: re.Match[str]) -> Schema:
    return schema_of_text(typed["annotation"])
