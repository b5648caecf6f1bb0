from __future__ import annotations

import inspect
from datetime import UTC, datetime, timedelta, timezone

import pytest

import jupyter_batch
from jupyter_batch.client.shortcuts import run as run_notebook
from jupyter_batch.domain.artifact import Artifact
from jupyter_batch.domain.run import RunState
from jupyter_batch.errors import Conflict, InvalidInput, NotFound, RunFailed


def test_a_notebook_is_named_by_its_whole_path_whoever_is_the_owner(owner, client, notebook):
    run = client.runs.submit(notebook, files=["lib/*.py"])
    (body,) = owner.bodies("POST", "runs")
    assert body == {"notebook": str(notebook), "files": ["lib/*.py"]}
    assert run.notebook_ref.path == "work/report.ipynb"


def test_a_server_that_is_named_gets_the_notebook_itself(owner, remote, notebook):
    (notebook.parent / "lib").mkdir(exist_ok=True)
    (notebook.parent / "lib" / "tools.py").write_text("x = 1")
    remote.runs.submit(notebook, files=["lib"])
    (body,) = owner.bodies("POST", "runs")
    assert body["notebook"] == "report.ipynb"
    assert body["content"].startswith("{")
    assert body["uploads"] == [{"path": "lib/tools.py", "content_base64": "eCA9IDE="}]


def test_options_have_their_place_in_the_request(owner, client, notebook):
    client.runs.submit(
        notebook,
        {"alpha": 0.5},
        name="mine",
        executor="process",
        memory="512m",
        cpus=2,
        timeout="2m",
        env={"A": "1"},
        secrets=["KEY"],
        volumes=["/data:/data:rw", "cache:/cache"],
    )
    (body,) = owner.bodies("POST", "runs")
    assert body["environment"] == {
        "executor": "process",
        "cpus": 2,
        "memory_bytes": 512 * 1024**2,
        "env": {"A": "1"},
        "secrets": ["KEY"],
        "volumes": [
            {"source": "/data", "target": "/data", "read_only": False},
            {"source": "cache", "target": "/cache", "read_only": True},
        ],
    }
    assert (body["name"], body["timeout_seconds"], body["parameters"]) == (
        "mine",
        120.0,
        {"alpha": 0.5},
    )


def test_an_option_that_does_not_exist_is_refused(client, notebook):
    with pytest.raises(TypeError, match="memry"):
        client.runs.submit(notebook, memry="1g")


def test_help_shows_the_options():
    assert {"memory", "cpus", "image", "secrets"} <= set(inspect.signature(run_notebook).parameters)


def test_a_notebook_that_is_not_there_is_not_asked_for(owner, client, notebook):
    with pytest.raises(NotFound, match=r"did you mean report\.ipynb"):
        client.runs.submit(notebook.with_suffix(""))
    assert owner.bodies("POST", "runs") == []


@pytest.mark.parametrize("pattern", ["../secret", "/etc/passwd", "nothing-*.py", ""])
def test_files_that_cannot_go_along_are_refused(remote, notebook, pattern):
    with pytest.raises(InvalidInput):
        remote.runs.submit(notebook, files=[pattern])


def test_waiting_ends_with_the_run(owner, client, notebook):
    owner.plan = [{"state": RunState.RUNNING}, {"state": RunState.SUCCEEDED}]
    run = client.runs.submit(notebook)
    assert (run.state, run.is_over) == ("queued", False)
    assert run.wait().succeeded


def test_waiting_can_be_given_up_and_leaves_the_run(owner, client, notebook):
    run = client.runs.submit(notebook)
    with pytest.raises(TimeoutError, match="still queued"):
        run.wait(timeout=0)
    assert not run.is_over


def test_a_failure_is_an_exception_only_for_who_checks(owner, client, notebook):
    owner.plan = [{"state": RunState.FAILED, "reason": "cell 2 failed"}]
    run = client.runs.submit(notebook).wait()
    with pytest.raises(RunFailed, match="cell 2 failed"):
        run.check()


def test_a_list_fetches_pages_as_it_is_consumed(owner, client):
    made = [owner.add_run().id for _ in range(450)]
    runs = iter(client.runs.list())
    assert next(runs).id == made[-1]
    assert sum(r.url.params.get("limit") == "200" for r in owner.requests) == 1
    assert [run.id for run in runs] == made[-2::-1]
    assert sum(r.url.params.get("limit") == "200" for r in owner.requests) == 3


def test_filters_go_to_the_server(owner, client):
    west = timezone(timedelta(hours=-5))
    list(client.runs.list(state=["failed", "lost"], since=datetime(2026, 1, 1, tzinfo=west), q="x"))
    asked = owner.requests[-1].url.params
    assert asked["state"] == "failed,lost"
    assert asked["since"] == "2026-01-01T05:00:00Z"
    assert "until" not in asked


def test_a_limit_ends_the_list(owner, client):
    for _ in range(5):
        owner.add_run()
    assert len(list(client.runs.list(limit=2))) == 2
    with pytest.raises(InvalidInput):
        client.runs.list(limit=0)


def test_artifacts_are_read_and_saved(owner, client, tmp_path):
    owner.files["plots/a b.txt"] = b"hello"
    artifact = Artifact(path="plots/a b.txt", size_bytes=5, sha256="", media_type="text/plain")
    made = owner.add_run(state=RunState.SUCCEEDED, artifacts=(artifact,))
    (found,) = client.runs.get(made.id).artifacts
    assert found.read() == b"hello"
    assert found.save(tmp_path) == tmp_path / "plots" / "a b.txt"
    assert (tmp_path / "plots" / "a b.txt").read_bytes() == b"hello"


def test_a_run_gives_its_notebook_its_log_and_its_cells(owner, client, tmp_path):
    owner.log = ["one", "two"]
    owner.cells = [
        {"cell_index": 0, "cell_type": "code", "source": "1", "state": "succeeded", "new": True}
    ]
    run = client.runs.get(owner.add_run(state=RunState.SUCCEEDED).id)
    assert run.notebook().nbformat == 4
    assert run.save_notebook(tmp_path / "deep" / "out.ipynb").read_bytes() == owner.notebook
    assert run.log() == "one\ntwo\n"
    assert run.cells()[0].state == "succeeded"


def test_what_is_over_cannot_be_cancelled(owner, client):
    run = client.runs.get(owner.add_run(state=RunState.SUCCEEDED).id)
    with pytest.raises(Conflict):
        run.cancel()


def test_an_id_is_never_read_as_a_path(owner, client):
    with pytest.raises(NotFound):
        client.runs.get("../jobs")
    assert owner.requests[-1].url.raw_path.endswith(b"/runs/..%2Fjobs")


def test_the_duration_of_a_run_is_from_start_to_end(owner, client):
    start = datetime(2026, 1, 1, tzinfo=UTC)
    run = client.runs.get(
        owner.add_run(
            state=RunState.SUCCEEDED, started_at=start, finished_at=start + timedelta(seconds=2)
        ).id
    )
    assert run.duration_seconds == 2
    assert "succeeded 2.0 s" in repr(run)


def test_importing_the_package_is_light():
    assert jupyter_batch.run is run_notebook
    with pytest.raises(AttributeError):
        jupyter_batch.nothing  # noqa: B018
