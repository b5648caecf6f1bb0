"""The outputs of a run's cells, one ``Output`` widget each."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

import ipywidgets as ipw

from jupyter_batch.widgets import markup, monitor_html
from jupyter_batch.widgets.base import close_with_parts, full, html_box
from jupyter_batch.widgets.monitored_run import CellLine
from jupyter_batch.widgets.outputs import fit

#: Cells whose outputs are shown at once; the newest of those that have any.
_MOST_CELLS = 50


class OutputListView:
    """Cells with their outputs, in the order of the notebook."""

    def __init__(self) -> None:
        self._remark = html_box(markup.block(markup.soft("No outputs yet.")))
        self.box = ipw.VBox([self._remark], layout=full(max_height="36em", overflow="auto"))
        self._cells: dict[int, tuple[ipw.HTML, ipw.Output]] = {}

    def put(self, cell: CellLine, outputs: Sequence[Mapping[str, Any]]) -> None:
        """Shows the outputs of a cell as they now stand."""
        if not outputs and cell.index not in self._cells:
            return
        if cell.index not in self._cells:
            self._cells[cell.index] = (html_box(), ipw.Output())
            self._arrange()
        if cell.index in self._cells:
            head, output = self._cells[cell.index]
            head.value = monitor_html.outputs_head(cell)
            # The trait, not the context manager: that catches only what its own thread prints.
            output.outputs = fit(outputs)

    def keep(self, cells: Container[int]) -> None:
        """Removes the outputs of other cells, such as those of an earlier attempt."""
        gone = [index for index in self._cells if index not in cells]
        for index in gone:
            self._drop(index)
        if gone:
            self._arrange()

    def _arrange(self) -> None:
        for index in sorted(self._cells)[:-_MOST_CELLS]:
            self._drop(index)
        children: list[ipw.Widget] = [
            part for index in sorted(self._cells) for part in self._cells[index]
        ]
        self._remark.layout.display = "none" if children else None
        self.box.children = [self._remark, *children]

    def _drop(self, index: int) -> None:
        for part in self._cells.pop(index):
            close_with_parts(part)
