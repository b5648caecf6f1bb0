from __future__ import annotations

import os
import signal

import pytest

import jupyter_batch
from jupyter_batch.errors import InvalidParameters, RunFailed


def test_run_returns_the_ended_run_with_all_that_it_left(machine, client):
    path = machine.notebook(
        "import os\nprint(n)", "open(os.environ['JUPYTER_BATCH_OUTPUT'] + '/a', 'w').write('b')",
        parameters="n = 1  # how many",
    )  # fmt: skip
    run = client.runs.submit(path, {"n": 5}, executor="process").wait()
    assert run.succeeded, run.reason
    assert run.notebook().cells[-2].outputs[0].text == "5\n"
    assert [cell.state for cell in run.cells()] == ["succeeded"] * 4
    assert run.artifacts[0].read() == b"b"
    assert isinstance(run.log(), str)
    assert client.parameters(path)["schema"]["properties"]["n"]["default"] == 1


def test_following_tells_each_cell_once_and_ends(machine, client):
    path = machine.notebook("print('a')", "print('b')")
    run = client.runs.submit(path, executor="process")
    events = list(run.follow())
    finished = [e.data["cell_index"] for e in events if e.kind == "cell_finished"]
    assert finished == [0, 1]
    numbered = [event.event_id for event in events if event.event_id]
    assert numbered == sorted(set(numbered))
    assert run.succeeded


def test_a_failure_is_raised_only_for_who_checks(machine, client):
    path = machine.notebook("1/0")
    run = jupyter_batch.run(path, executor="process")
    assert run.error is not None
    assert (run.state, run.error.ename) == ("failed", "ZeroDivisionError")
    with pytest.raises(RunFailed):
        run.check()


def test_parameters_are_judged_before_there_is_a_run(machine, client):
    path = machine.notebook("1", parameters="n: int = 1")
    with pytest.raises(InvalidParameters, match="did you mean 'n'"):
        client.runs.submit(path, {"nn": 1}, executor="process")
    assert list(client.runs.list(q=path.name)) == []


def test_a_notebook_can_be_sent_to_a_server_that_is_named(machine, client):
    (machine.folder / "lib").mkdir()
    (machine.folder / "lib" / "tools.py").write_text("x = 42")
    path = machine.notebook("from lib.tools import x\nprint(x)")
    client.health()
    owner = machine.owner
    with jupyter_batch.Client(owner.url, owner.token) as far:
        run = far.runs.submit(path, executor="process", files=["lib/*.py"]).wait()
    assert run.succeeded, run.reason
    assert run.notebook_ref.path == path.name


def test_a_client_survives_its_owner(fresh):
    with jupyter_batch.Client(data_dir=fresh.data) as client:
        client.health()
        first = fresh.owner
        os.kill(first.pid, signal.SIGKILL)
        assert list(client.runs.list()) == []
    assert fresh.owner.pid != first.pid
