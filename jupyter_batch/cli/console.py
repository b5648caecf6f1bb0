"""The console of the command: shows texts without their control characters."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.progress import ProgressColumn, Task
from rich.segment import Segment
from rich.table import Column
from rich.text import Span, Text

from jupyter_batch.domain.plain_text import plain_line, plain_text

_COLOURS = re.compile(r"(\x1b\[[0-9;:]*m)")
#: In JSON these stand in texts only, where an escape means the same.
_UNSEEN_IN_JSON = re.compile("[\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


class TerminalConsole(Console):
    """Removes the control characters of texts; those of rich itself are kept.

    The second wall: callers clean what they show, so that columns have their true widths.
    """

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Yields the segments."""
        for segment in super().render(renderable, options):
            text = segment.text if segment.control else plain_text(segment.text)
            yield segment if text == segment.text else segment._replace(text=text)


class FieldColumn(ProgressColumn):
    """A field of a task in one line, as it is: rich's own TextColumn reads markup in it."""

    def __init__(self, name: str, *, style: str = "", ratio: int | None = None) -> None:
        super().__init__(table_column=Column(no_wrap=True, ratio=ratio))
        self._name = name
        self._style = style

    def render(self, task: Task) -> Text:
        """Returns the field."""
        value = task.fields.get(self._name, "")
        return value if isinstance(value, Text) else Text(plain_line(str(value)), self._style)


def clean(part: RenderableType) -> RenderableType:
    """Returns a text as it may be written; a Text keeps its styles, other things are rich's."""
    if isinstance(part, str):
        return Text(plain_text(part))
    if not isinstance(part, Text) or plain_text(part.plain) == part.plain:
        return part
    places = sorted({place for span in part.spans for place in (span.start, span.end)})
    made = Text(style=part.style)
    for piece in part.divide(places):
        text = plain_text(piece.plain)
        made.append_text(Text(text, spans=[Span(0, len(text), span.style) for span in piece.spans]))
    return made


def coloured(text: str, *, colours: bool) -> Text:
    """Returns a text with its ANSI colours as a style, or without; nothing else gets through."""
    if not colours:
        return Text(plain_text(text))
    pieces = _COLOURS.split(text)
    return Text.from_ansi("".join(p if n % 2 else plain_text(p) for n, p in enumerate(pieces)))


def safe_json(text: str) -> str:
    """Returns JSON that means the same and has nothing in it that a terminal would act on."""
    return _UNSEEN_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
