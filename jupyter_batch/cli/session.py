"""The session of a command: its client and its consoles."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from jupyter_batch.cli.console import clean, safe_json
from jupyter_batch.cli.formatting import ago
from jupyter_batch.client.arguments.instants import instant_of
from jupyter_batch.client.client import Client
from jupyter_batch.client.run import Run
from jupyter_batch.domain.plain_text import plain_line
from jupyter_batch.errors import InvalidInput, NotFound

#: Of the id of a run or a job.
ID_LENGTH = 26
#: Between two columns; and the least that is left of one that gives way.
_GAP, _NARROW = 2, 20


class Session:
    """One use of the command. Answers go to ``out``, everything about them to ``err``."""

    def __init__(
        self,
        *,
        connect: Callable[[], Client],
        out: Console,
        err: Console,
        as_json: bool,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._connect = connect
        #: Lets so many seconds pass between two looks.
        self.sleep = sleep
        self._client: Client | None = None
        self.out = out
        self.err = err
        self.as_json = as_json

    @property
    def client(self) -> Client:
        """Returns the client, which finds or starts a server at the first use."""
        if self._client is None:
            self._client = self._connect()
        return self._client

    def close(self) -> None:
        """Closes connections."""
        if self._client is not None:
            self._client.close()

    def answer(self, value: Any) -> None:
        """Writes the one JSON value that ``--json`` asks for."""
        text = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
        self.out.file.write(safe_json(text) + "\n")
        self.out.file.flush()

    def print(self, *parts: RenderableType) -> None:
        """Writes a line of the answer."""
        for part in parts:
            self.out.print(clean(part), soft_wrap=True)

    def note(self, part: RenderableType, style: str = "") -> None:
        """Writes a line beside the answer."""
        self.err.print(clean(part), style=style, soft_wrap=True)

    def table(self, headings: Sequence[str], rows: Iterable[Iterable[RenderableType]]) -> None:
        """Writes a table: columns apart by spaces, so that it can be cut and searched.

        A heading with ``>`` has its column to the right; one with ``~`` gives way where the
        line is too long.
        """
        cells = [[_in_one_line(cell) for cell in row] for row in rows]
        self._fit(headings, cells)
        table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
        for heading in headings:
            justify: Literal["left", "right"] = "right" if heading.startswith(">") else "left"
            table.add_column(_in_one_line(heading.lstrip(">~")), justify=justify, no_wrap=True)
        for row in cells:
            table.add_row(*row)
        if self.out.is_terminal:
            self.out.print(table)
            return
        with self.out.capture() as captured:
            self.out.print(table)
        lines = captured.get().splitlines()
        self.out.file.write("".join(f"{line.rstrip()}\n" for line in lines))

    def _fit(self, headings: Sequence[str], rows: Sequence[Sequence[RenderableType]]) -> None:
        """Cuts the column that gives way to what the others leave of the line."""
        wide = next((n for n, heading in enumerate(headings) if heading.startswith("~")), None)
        if wide is None or not rows:
            return
        taken = sum(
            max(len(heading.lstrip(">")), *(cell_width(row[n]) for row in rows)) + _GAP
            for n, heading in enumerate(headings)
            if n != wide
        )
        for row in rows:
            cell = row[wide]
            if isinstance(cell, Text):
                cell.truncate(max(self.out.width - taken, _NARROW), overflow="ellipsis")

    def find_run(self, text: str) -> Run:
        """Returns a run by its id, a beginning or an end of it, or ``last``."""
        try:
            return self.client.runs.find(text)
        except NotFound as error:
            hint = "make one with: jupyter batch run NOTEBOOK"
            if text != "last":
                hint = "list them with: jupyter batch runs"
            raise NotFound(f"{error.message}; {hint}", **error.details) from error


def _in_one_line(cell: RenderableType) -> RenderableType:
    return Text(plain_line(cell)) if isinstance(cell, str) else clean(cell)


def cell_width(cell: RenderableType) -> int:
    """Returns how many places a cell of a table takes."""
    return cell.cell_len if isinstance(cell, Text) else len(str(cell))


def instant(text: str | None, field: str) -> datetime | None:
    """Reads an instant (this machine's local time without an offset) or how long ago it was."""
    found = local_or_instant(text, field)
    return None if found is None else instant_of(found, field)


def local_or_instant(text: str | None, field: str) -> datetime | None:
    """Reads an instant, as a local time where it has no offset, or how long ago it was."""
    if text is None:
        return None
    try:
        before = ago(text, datetime.now(UTC))
        return before or datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(
            f"{text!r} is no instant: write 2026-10-25, 2026-10-25T14:30, or 2h for two hours ago",
            field=field,
        ) from error
