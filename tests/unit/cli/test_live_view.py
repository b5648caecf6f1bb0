"""The live view of a run fits a terminal."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from jupyter_batch.cli.live_view import LiveView, Watch
from jupyter_batch.client.client import Client
from jupyter_batch.domain.run import RunState


@pytest.mark.parametrize("width", [80, 120])
def test_the_live_view_is_one_line_at_any_width(owner, width: int):
    owner.add_run(name="01-quickstart", state=RunState.QUEUED)
    with Client("http://owner/", owner.token, transport=owner) as client:
        watch = Watch(client.runs[0])
    watch.state, watch.preparing = "starting", "pulling the image, which takes a while " * 3
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    (line,) = console.render_lines(LiveView(watch, console)._progress.get_renderable())
    assert " 0 s " in "".join(segment.text for segment in line)
