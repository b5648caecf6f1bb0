"""A short run of ``make chaos``, and an engine that leaves its containers alive."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_batch.client import Client
from jupyter_batch.domain.run import RunState
from jupyter_batch.executors.docker.connection import find_address
from tests.chaos.engine import OwnEngine, obstacle
from tests.chaos.mix import NATURAL, write_notebook
from tests.chaos.owners import Gateways

pytestmark = pytest.mark.slow


@pytest.fixture
def _can_have_an_engine() -> None:
    if why := obstacle():
        pytest.skip(f"needs an engine that can be killed: {why}")


@pytest.mark.docker
@pytest.mark.usefixtures("_can_have_an_engine")
def test_a_short_run_of_chaos_holds():
    hold("--seed", "97")


def test_a_short_run_of_chaos_without_containers_holds():
    hold("--executor", "process", "--seed", "79")


def hold(*arguments: str) -> None:
    # In a process of its own: the surroundings of this one stay as they are.
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos", *arguments, "--rounds", "2"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "all of it held" in done.stdout


@pytest.fixture
def living(
    _can_have_an_engine: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[OwnEngine, Gateways]]:
    """An engine with live-restore, and an owner over it."""
    with contextlib.ExitStack() as stack:
        engine = OwnEngine(live_restore=True)
        stack.callback(engine.close)
        engine.start()
        engine.copy_image(find_address())
        count = tmp_path / "count"
        count.mkdir()
        count.chmod(0o777)
        gateways = Gateways(
            tmp_path / "home",
            allowed_volumes=[str(count)],
            docker_host=engine.address,
            default_network="none",
            engine_patience_seconds=120.0,
        )
        for name, value in gateways.environment.items():
            monkeypatch.setenv(name, value)
        stack.callback(gateways.close)
        gateways.start_serve()
        gateways.owner()
        yield engine, gateways


@pytest.mark.docker
def test_with_live_restore_runs_come_through_the_death_of_their_engine(living):
    engine, gateways = living
    mounted: dict[str, Any] = {"volumes": [f"{gateways.folder.parent}/count:/count:rw"]}
    with Client(data_dir=gateways.data) as client:
        run = client.runs.submit(
            write_notebook(gateways.root / "patient.ipynb", "patient"), **mounted
        )
        told = run.follow()
        while next(told).kind != "cell_started":
            pass
        engine.kill()
        waiting = client.runs.submit(
            write_notebook(gateways.root / "short.ipynb", "short"), **mounted
        )
        engine.start()
        # What a container writes when nobody is there to read it is gone with its end.
        (gateways.folder.parent / "count" / "back").touch()
        ended = run.wait(120)
        assert (ended.state, len(ended.attempts)) == (RunState.SUCCEEDED, 1), ended.reason
        text = json.dumps(ended.notebook())
        assert [f"tick {number}\\n" in text for number in range(20)] == [True] * 20
        assert str(waiting.wait(120).state) == NATURAL["short"]
