"""Cell records in the hands of a caller."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from jupyter_batch.client import html
from jupyter_batch.client.transport.answers import AnswerDecoder
from jupyter_batch.wire.responses import CellAnswer

_SOURCE = 70


class Cell(CellAnswer, frozen=True, kw_only=True):
    """The record of one cell in one attempt."""

    @property
    def duration_seconds(self) -> float | None:
        """From its start to its end; None where it has not had both."""
        if self.started_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.started_at).total_seconds()

    @property
    def first_line(self) -> str:
        """The first line of its source that says something."""
        return next((line.strip() for line in self.source.splitlines() if line.strip()), "")

    def __repr__(self) -> str:
        seconds = self.duration_seconds
        lasted = f" {seconds:.1f} s" if seconds is not None else ""
        # People count cells from 1.
        return f"<Cell {self.cell_index + 1} {self.state}{lasted}: {self.first_line[:_SOURCE]!r}>"

    def _repr_html_(self) -> str:
        error = self.error
        return html.joined(
            html.box(f"Cell {self.cell_index + 1}", html.dot(self.state)),
            html.block(self.source),
            html.facts(
                [
                    ("took", html.duration(self.duration_seconds)),
                    ("error", html.code(f"{error.ename}: {error.evalue}") if error else None),
                ]
            ),
        )


class Cells(list[Cell]):
    """The cells of an attempt, in order; a list that shows itself in a notebook."""

    def _repr_html_(self) -> str:
        return html.table(
            ("Cell", "State", "Took", "Source", "Error"), map(_row, self), numbers=(0, 2)
        )


class _CellPage(msgspec.Struct, frozen=True, kw_only=True):
    items: tuple[Cell, ...]
    next_cursor: str | None = None


_page = AnswerDecoder(_CellPage)


def cells_of(content: bytes) -> Cells:
    """Returns the cells of an answer."""
    return Cells(_page.decode(content).items)


def _row(cell: Cell) -> Sequence[html.Html | int]:
    error = cell.error
    return (
        cell.cell_index + 1,
        html.dot(cell.state),
        html.duration(cell.duration_seconds),
        html.code(cell.first_line, limit=_SOURCE),
        html.text(f"{error.ename}: {error.evalue}" if error else ""),
    )
