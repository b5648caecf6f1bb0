"""A real runner that falls silent: it is stopped, and its process lives on."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import nbformat
import psutil
import pytest

from jupyter_batch.client import Client
from jupyter_batch.domain.run import RunState
from tests.chaos.owners import Gateways

LIMIT = 6.0


@pytest.fixture
def gateways(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gateways]:
    made = Gateways(
        tmp_path / "home",
        default_executor="process",
        heartbeat_seconds=0.5,
        silence_limit_seconds=LIMIT,
    )
    for name, value in made.environment.items():
        monkeypatch.setenv(name, value)
    made.start_serve()
    made.owner()
    yield made
    made.close()


def test_a_runner_that_is_stopped_is_reported_and_then_lost(gateways: Gateways):
    cell = nbformat.v4.new_code_cell("import time; time.sleep(600)")
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path = gateways.root / "nb.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata={"kernelspec": spec}), path)
    with Client(data_dir=gateways.data) as client:
        run = client.runs.submit(path)
        told = run.follow()
        while next(told).kind != "cell_started":
            pass
        (runner,) = (
            process
            for process in psutil.process_iter(["cmdline", "environ"])
            if any("jb-runner" in part for part in process.info["cmdline"] or ())
            and run.id in (process.info["environ"] or {}).get("JUPYTER_BATCH_ATTEMPT_DIR", "")
            and "supervisor" not in " ".join(process.info["cmdline"])
        )
        runner.send_signal(signal.SIGSTOP)
        reasons = [e.data["reason"] for e in told if e.kind == "state"]
        assert any("nothing has been heard from its runner" in r for r in reasons if r), reasons
        ended = run.refresh()
        assert ended.state is RunState.LOST
        assert "the runner said nothing for" in str(ended.reason)
    assert not runner.is_running() or runner.status() == psutil.STATUS_ZOMBIE
