"""The base class of the widgets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipywidgets as ipw

from jupyter_batch.client.client import Client
from jupyter_batch.client.shortcuts import default_client
from jupyter_batch.errors import BatchError
from jupyter_batch.widgets import markup
from jupyter_batch.widgets.live import Live


class ActionButtons:
    """The buttons of a monitor: one cancels, one retries."""

    def __init__(self, retry: str, *, cancel_tooltip: str, retry_tooltip: str) -> None:
        self.cancel = _button("Cancel", "stop", cancel_tooltip)
        self.retry = _button(retry, "repeat", retry_tooltip)

    def row(self, head: ipw.Widget) -> ipw.HBox:
        """Returns a row with a heading and the buttons."""
        return ipw.HBox(
            [head, self.cancel, self.retry],
            layout=ipw.Layout(flex_flow="row wrap", align_items="center"),
        )

    def disable(self, *, cancel: bool = True, retry: bool = True) -> None:
        """Disables or enables the buttons."""
        self.cancel.disabled, self.retry.disabled = cancel, retry


class Box(ipw.VBox):  # type: ignore[misc]
    """A column of widgets with a place for an error message at its end."""

    def __init__(self, live: Live, parts: Sequence[ipw.Widget], **layout: Any) -> None:
        self._live = live
        self._trouble = html_box()
        super().__init__(children=[*parts, self._trouble], layout=full(**layout))

    def show_trouble(self, error: BatchError | None) -> None:
        """Show an error message.

        Parameters
        ----------
        error : BatchError or None
            The error; None to remove the message.
        """
        self._trouble.value = markup.note(error.message if error else "")

    def close(self) -> None:
        """Stop following, and close the widget and all its parts."""
        if hasattr(self, "_live"):
            self._live.forget(self)
        parts = _parts_of(self)
        super().close()
        for part in parts:
            close_with_parts(part)


def html_box(value: str = "", **layout: Any) -> ipw.HTML:
    """Returns a place for HTML that takes the whole width."""
    return ipw.HTML(value, layout=full(**{"margin": "0", **layout}))


def _button(description: str, icon: str, tooltip: str) -> ipw.Button:
    return ipw.Button(description=description, icon=icon, tooltip=tooltip, layout=small())


def progress_bar() -> ipw.IntProgress:
    """Returns a thin progress bar over the whole width."""
    return ipw.IntProgress(layout=ipw.Layout(width="auto", height="10px"))


def small() -> ipw.Layout:
    """Returns the layout of a button that is as wide as its words."""
    return ipw.Layout(width="auto")


def client_or_default(client: Client | None) -> Client:
    """Returns the client that is given, or the one that ``jupyter_batch.run`` uses."""
    return client if client is not None else default_client()


def full(**more: Any) -> ipw.Layout:
    """Returns a layout over the whole width; one each, as a shared one would end with the first."""
    return ipw.Layout(**{"width": "100%", **more})


def close_with_parts(widget: ipw.Widget) -> None:
    """Closes a widget with its children, layout and style, all of which ipywidgets leaves open."""
    parts = _parts_of(widget)
    widget.close()
    for part in parts:
        close_with_parts(part)


def _parts_of(widget: ipw.Widget) -> list[ipw.Widget]:
    own = [getattr(widget, name, None) for name in ("layout", "style")]
    return [*getattr(widget, "children", ()), *(p for p in own if isinstance(p, ipw.Widget))]
