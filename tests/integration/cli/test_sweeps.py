"""A sweep of 200 runs over a real server: cancelled in the middle, retried, over a restart."""

from __future__ import annotations

import signal
import time

import pytest

from jupyter_batch.domain.run import RunState
from jupyter_batch.errors import InvalidParameters

RUNS = 200
SECONDS = 60.0

#: Fails by itself for every seventh ``n``, unless what it looks for is there.
CODE = """
import os, sys
if n % 7 == 0 and not os.path.exists(mended):
    raise ValueError(f"{n} is not mended")
print(n)
"""


def until(sweep, condition):
    """Returns the sweep once it is so."""
    end = time.monotonic() + SECONDS
    while not condition(sweep.refresh()):
        assert time.monotonic() < end, repr(sweep)
        time.sleep(0.05)
    return sweep


def agrees(sweep, expected):
    """The table, the counts and each run's own record say the same."""
    table = sweep.refresh().table()
    assert table["index"] == list(range(RUNS))
    assert table["n"] == list(range(RUNS))
    assert sum(sweep.counts.values()) == len(sweep) == RUNS
    for state in RunState:
        assert table["state"].count(state) == sweep.counts.get(state, 0)
    assert set(table["state"]) <= set(expected)
    return table


@pytest.mark.slow
def test_cancel_restart_and_retry_leave_a_table_that_is_right(fresh, monkeypatch):
    for name, value in fresh.env.items():
        monkeypatch.setenv(name, value)
    from jupyter_batch.client.client import Client

    mended = fresh.folder / "mended"
    path = fresh.notebook(CODE, parameters="n: int = 0\nmended = ''")
    with Client() as client:
        sweep = client.sweep(
            path,
            {"n": range(RUNS)},
            {"mended": str(mended)},
            executor="process",
            name="two hundred",
        )
        assert (len(sweep), sweep.counts) == (RUNS, {RunState.QUEUED: RUNS})

        # In the middle: some have ended (0 and 7 failed), the rest is called off.
        until(sweep, lambda it: it.counts.get(RunState.FAILED, 0) >= 2)
        sweep.cancel()
        table = agrees(sweep.wait(SECONDS), {"succeeded", "failed", "cancelled"})
        assert sweep.state == "cancelled"
        ended = [i for i, state in enumerate(table["state"]) if state != "cancelled"]
        failed = [i for i, state in enumerate(table["state"]) if state == "failed"]
        assert failed == [i for i in ended if i % 7 == 0]
        assert RUNS - len(ended) > 100

        # Only the failed ones are tried again, over the death of the owner; once mended, they
        # succeed, and nothing else has moved.
        mended.write_text("")
        again = sweep.retry()
        assert again.counts.get(RunState.CANCELLED) == table["state"].count("cancelled")
        fresh.end_owner(signal.SIGKILL)
        sweep.refresh()
        after = agrees(sweep.wait(SECONDS), {"succeeded", "cancelled", "lost"})
        for index, state in enumerate(table["state"]):
            if state == "failed":
                assert after["state"][index] in ("succeeded", "lost")
            else:
                assert after[index] == table[index]

        # Whatever the death has cost is tried again, with some of what was called off.
        if RunState.LOST in sweep.counts:
            sweep.retry()
            after = agrees(sweep.wait(SECONDS), {"succeeded", "cancelled"})
        assert [after["state"][index] for index in failed] == ["succeeded"] * len(failed)
        attempts = {run.sweep_index: len(run.attempts) for run in sweep}
        assert all(attempts[index] >= 2 for index in failed)
        assert all(attempts[i] == 1 for i in ended if i not in failed)


def test_what_the_runs_record_is_one_table(machine, client):
    path = machine.notebook(
        "import jupyter_batch as jb\njb.record(square=n * n, text=f'{n}!')", parameters="n: int = 0"
    )
    sweep = client.sweep(path, {"n": range(3)}, executor="process").wait(SECONDS).check()
    table = sweep.table()
    assert table["square"] == [0, 1, 4]
    assert table["text"] == ["0!", "1!", "2!"]
    assert client.sweeps.find(sweep.id[-8:]).counts == {RunState.SUCCEEDED: 3}


def test_a_bad_set_among_good_ones_makes_no_run(machine, client):
    path = machine.notebook("print(n)", parameters="n: int = 0")
    with pytest.raises(InvalidParameters, match=r"set 2 of 3: .*'n' takes an integer") as caught:
        client.sweep(path, [{"n": 1}, {"n": "x"}, {"n": 3}], executor="process")
    assert (caught.value.details["index"], caught.value.details["field"]) == (
        1,
        "parameter_sets.1.n",
    )
    assert list(client.runs(q=path.name)) == []
    assert [sweep for sweep in client.sweeps if sweep.notebook.endswith(path.name)] == []
