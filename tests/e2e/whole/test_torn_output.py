"""An owner that dies in the middle of one large output."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from .conftest import Whole, wait_for_owner

LINES = 40_000
SOURCE = f"""
from IPython.display import HTML
HTML("".join(f"{{number:0999d}}\\n" for number in range({LINES})))
"""


@pytest.fixture(params=[pytest.param("docker", marks=pytest.mark.docker), "process"])
def mortal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Whole]:
    """An owner that nobody else needs."""
    whole = Whole(tmp_path / "home", request.param)
    try:
        wait_for_owner(whole)
        yield whole
    finally:
        whole.close()


@pytest.mark.slow
def test_an_output_that_an_owner_has_half_recorded_comes_whole(mortal: Whole):
    run = mortal.submit(SOURCE, memory="2g")
    pieces: list[str] = []
    for event in run.follow():
        if event.kind != "output":
            continue
        pieces += [op["body"] for op in event.data["ops"]]
        # 40 MB are said at once, of which some have come.
        if len(pieces) == 20:
            mortal.process.kill()
            mortal.process.wait()
            mortal.start()
            wait_for_owner(mortal)
    run.wait(120)
    assert (run.state, len(run.attempts)) == ("succeeded", 1), run.reason
    (output,) = run.notebook().cells[0].outputs
    wanted = "".join(f"{number:0999d}\n" for number in range(LINES))
    assert output.data["text/html"] == wanted
    assert json.loads("".join(pieces))["data"]["text/html"] == wanted
