"""Uses the whole public API, for mypy: the tests type-check this file, and never run it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, assert_type

import jupyter_batch as jb
from jupyter_batch.client.cells import Cell, Cells
from jupyter_batch.client.jobs import Jobs
from jupyter_batch.client.run_list import RunSet
from jupyter_batch.client.runs import Runs
from jupyter_batch.client.sweeps import Sweeps
from jupyter_batch.client.triggers import Trigger
from jupyter_batch.domain.events import RunEvent
from jupyter_batch.domain.run import RunState
from jupyter_batch.domain.sweep import SweepState


def runs() -> None:
    run = jb.run("report.ipynb", {"alpha": 0.5}, memory="2g", timeout="10m", check=True)
    assert_type(run, jb.Run)
    assert_type(jb.submit(Path("report.ipynb"), cpus=1, env={"A": "b"}, files=["*.py"]), jb.Run)
    assert_type(jb.get("last"), jb.Run)
    assert_type(run.state, RunState)
    assert_type(run.parameters, dict[str, Any])
    assert_type(run.finished_at, datetime | None)
    assert_type(run.wait(timeout=5).check().retry().cancel().refresh(), jb.Run)
    assert_type(run.cells(), Cells)
    assert_type(run.cells()[0], Cell)
    assert_type(run.follow(), Iterator[RunEvent])
    assert_type(run.artifacts, tuple[jb.Artifact, ...])
    assert_type(run.notebook("html"), str)
    assert_type(run.sweep_id, str | None)


def lists() -> None:
    assert_type(jb.runs, Runs)
    assert_type(jb.runs[0], jb.Run)
    assert_type(jb.runs[:10], jb.RunList)
    assert_type(jb.runs(state=["failed", RunState.LOST], job="nightly", limit=5), jb.RunList)
    assert_type(next(iter(jb.runs)), jb.Run)
    assert_type(jb.runs(q="x").first(), jb.Run | None)
    assert_type([job.name for job in jb.jobs], list[str])
    assert_type(jb.jobs, Jobs)
    assert_type(jb.jobs["nightly"], jb.Job)
    assert_type(jb.jobs(q="night"), jb.JobList)
    assert_type(jb.sweeps, Sweeps)
    assert_type(jb.sweeps(limit=3), jb.SweepList)
    assert_type(jb.sweeps["last"], jb.Sweep)


def jobs() -> None:
    job = jb.schedule("report.ipynb", cron="0 6 * * *", timezone="Europe/Amsterdam", replace=True)
    assert_type(job, jb.Job)
    assert_type(job.trigger({"alpha": 1}), jb.Run)
    assert_type(job.pause("holidays").resume().update(retries=2), jb.Job)
    assert_type(job.triggers[0], Trigger)
    assert_type(job.triggers[0].next_at, datetime | None)
    assert_type(job.runs(limit=3), jb.RunList)


def sweeps() -> None:
    sweep = jb.sweep("report.ipynb", {"alpha": [0.1, 0.2], "n": range(3)}, max_concurrent=2)
    assert_type(sweep, jb.Sweep)
    jb.sweep("report.ipynb", [{"alpha": 0.1}, {"n": 2}], {"shared": True}, name="try")
    jb.sweep("report.ipynb", ({"n": n} for n in range(3)))
    assert_type(sweep.state, SweepState)
    assert_type(sweep.counts, dict[RunState, int])
    assert_type(sweep.wait().check().retry("cancelled").cancel(), jb.Sweep)
    assert_type(sweep.runs("failed"), RunSet)
    assert_type(sweep.table(), jb.Table)
    assert_type(sweep.table()["alpha"], list[Any])
    assert_type(sweep.table()[0], dict[str, Any])
    assert_type(len(sweep), int)


async def on_a_loop() -> None:
    assert_type(await jb.submit("report.ipynb"), jb.Run)
    assert_type(await jb.sweep("report.ipynb", [{}]), jb.Sweep)
    assert_type([run async for run in jb.runs(state="running")], list[jb.Run])


def elsewhere() -> None:
    with jb.Client(url="https://hub.example.org/user/ada/", token="t") as client:
        jb.use(client)
        assert_type(client.run("a.ipynb"), jb.Run)
        assert_type(client.submit("a.ipynb"), jb.Run)
        assert_type(client.schedule("a.ipynb", every="15m"), jb.Job)
        assert_type(client.sweep("a.ipynb", [{}]), jb.Sweep)
        assert_type(client.get("last"), jb.Run)
        assert_type(client.runs, Runs)
    jb.use(None)


def records() -> None:
    assert_type(jb.get("last").results(), dict[str, Any])
    jb.results(job="nightly", state="failed", limit=10)
    jb.sql("SELECT state FROM runs", limit=10, timeout=5)
    with jb.Client() as client:
        assert_type(client.results_table(sweep="x"), jb.Table)
        assert_type(client.sql_table("SELECT 1"), jb.Table)


def inside() -> None:
    assert_type(jb.current(), jb.Current | None)
    jb.record(loss=0.5, rows=[1, 2])
    jb.record({"a name": "text"})
    tracked = jb.track(["a", "b"], name="orders", on_error="continue")
    assert_type(tracked, jb.Track[str])
    assert_type(list(tracked), list[str])


def errors() -> None:
    try:
        jb.run("report.ipynb")
    except jb.BatchError as error:
        assert_type(error.message, str)
        assert_type(error.details, dict[str, Any])


def widgets() -> None:
    form = jb.widgets.RunForm("report.ipynb")
    assert_type(form, jb.widgets.RunForm)
    assert_type(form.parameters, dict[str, Any])
    assert_type(jb.widgets.RunMonitor(jb.get("last")), jb.widgets.RunMonitor)


def wrong() -> None:
    # Each is refused by the type checker; an ignore that is not needed is an error itself.
    jb.run("report.ipynb", memroy="1g")  # type: ignore[call-arg]
    jb.run(5)  # type: ignore[arg-type]
    jb.run("report.ipynb", cpus="two")  # type: ignore[arg-type]
    jb.schedule("report.ipynb", crn="0 6 * * *")  # type: ignore[call-arg]
    jb.sweep("report.ipynb", 5)  # type: ignore[arg-type]
    jb.runs(state=5)  # type: ignore[arg-type]
    jb.get(5)  # type: ignore[arg-type]
    jb.sql(5)  # type: ignore[arg-type]
    jb.results(jbo="nightly")  # type: ignore[call-arg]
