"""Holds back the end of a stream while it may be the beginning of a secret."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Tuple

from .masking import Masker


class Part:
    """An output of a stream whose end is held back."""

    __slots__ = ("kept", "output", "place", "shown")

    def __init__(self, output: Dict[str, Any]) -> None:
        self.output = output
        #: The number of the output within its cell on the wire; None where it was cut.
        self.place: Optional[int] = None
        self.shown, self.kept = "", "".join(output["text"])


class HeldStreams:
    """Masks the outputs of a stream as one continuous text."""

    def __init__(self, masker: Masker) -> None:
        self._masker = masker
        #: By cell and name of the stream, in order.
        self._parts: Dict[Tuple[int, str], List[Part]] = {}

    def take(self, cell: int, output: Dict[str, Any]) -> Tuple[Part, List[Part]]:
        """Adds an output; returns it with its clear text, and earlier ones that show more now."""
        key = (cell, str(output["name"]))
        parts = [*self._parts.pop(key, ()), Part(output)]
        grown = self._show(parts, goes_on=True)
        left = [part for part in parts if part.kept]
        if left:
            self._parts[key] = left
        return parts[-1], [part for part in grown if part is not parts[-1]]

    def end(self, cell: int) -> List[Part]:
        """Ends the streams of a cell; returns the outputs that show more text now."""
        grown = []
        for key in [key for key in self._parts if key[0] == cell]:
            grown += self._show(self._parts.pop(key), goes_on=False)
        return grown

    def end_all(self) -> List[Tuple[int, Part]]:
        """Ends all streams; returns each cell with the outputs that show more text now."""
        return [(cell, part) for cell in {key[0] for key in self._parts} for part in self.end(cell)]

    def forget(self, cell: int) -> None:
        """Drops the streams of a cell whose outputs were removed."""
        for key in [key for key in self._parts if key[0] == cell]:
            del self._parts[key]

    def _show(self, parts: List[Part], *, goes_on: bool) -> List[Part]:
        """Shows the text that is clear now; returns the parts that show more."""
        shown, kept = self._masker.pieces([part.kept for part in parts], goes_on=goes_on)
        grown = []
        for number, part in enumerate(parts):
            part.shown += shown[number]
            part.kept = kept[number]
            if shown[number]:
                grown.append(part)
        return grown
