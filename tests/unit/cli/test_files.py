"""The files that the command writes are checked before a run, and stay in the given folder."""

from __future__ import annotations

import os

import pytest

from jupyter_batch.client.client import Client
from jupyter_batch.domain.artifact import Artifact
from jupyter_batch.domain.run import RunState


def artifact(path):
    return Artifact(path=path, size_bytes=1, sha256="", media_type="text/plain")


@pytest.fixture
def hostile(owner, tmp_path):
    """Artifacts of which one is good; the others name what is outside of any folder."""
    victim = tmp_path / "victim"
    victim.write_text("mine")
    paths = [str(victim), "../victim", "link/victim", "a\x1b[2J", "good.txt"]
    owner.files = dict.fromkeys([*paths, str(victim).lstrip("/")], b"x")
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "link").symlink_to(tmp_path)
    yield tuple(map(artifact, paths))
    assert victim.read_text() == "mine"
    assert sorted(path.name for path in (tmp_path / "files").iterdir()) == ["good.txt", "link"]


def test_export_writes_what_is_inside_and_names_the_rest(shell, owner, hostile, tmp_path):
    owner.add_run(state=RunState.SUCCEEDED, artifacts=hostile)
    assert shell("export", "last", "--artifacts", tmp_path / "files") == 1
    assert str(tmp_path / "files" / "good.txt") in shell.out
    assert shell.err.count("not saved: ") == 4
    assert "\x1b" not in shell.err
    assert shell("export", "last", "--artifacts", tmp_path / "files", "--json") == 1
    assert shell.json["artifacts"] == [str(tmp_path / "files" / "good.txt")]
    assert len(shell.json["not_saved"]) == 4


def test_run_writes_what_is_inside_and_names_the_rest(shell, owner, notebook, hostile, tmp_path):
    owner.plan = [{"state": RunState.SUCCEEDED, "artifacts": hostile}]
    assert shell("run", notebook, "-q", "--artifacts", tmp_path / "files") == 1
    assert "✓ succeeded" in shell.out
    assert shell.err.count("not saved: ") == 4


def test_artifacts_that_were_saved_are_told_once_and_not_advised(shell, owner, notebook, tmp_path):
    owner.files["a.txt"] = b"x"
    owner.plan = [{"state": RunState.SUCCEEDED, "artifacts": (artifact("a.txt"),)}] * 2
    assert shell("run", notebook, "-q", "--artifacts", tmp_path / "files") == 0
    assert f"saved      {tmp_path / 'files' / 'a.txt'} (1 B)" in shell.out
    assert "--artifacts" not in shell.out
    assert shell.out.count("a.txt") == 1
    assert shell("run", notebook, "-q") == 0
    assert "--artifacts DIR" in shell.out


@pytest.mark.parametrize("option", ["--artifacts", "--output"])
def test_a_folder_that_cannot_be_written_to_is_refused_before_the_run(
    shell, owner, notebook, tmp_path, option
):
    (tmp_path / "file").write_text("x")
    assert shell("run", notebook, option, tmp_path / "file" / "below" / "x.ipynb") == 2
    assert "file is a file, not a folder" in shell.err
    assert owner.runs == {}
    assert shell("run", notebook, option, tmp_path / ("x" * 300) / "x.ipynb") == 2
    assert owner.runs == {}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_of_somebody_else_is_refused_before_the_run(shell, owner, notebook):
    assert shell("run", notebook, "--artifacts", "/usr/files") == 2
    assert "may not be written to" in shell.err
    assert owner.runs == {}


def test_a_run_that_never_started_says_so_when_it_is_asked_for_its_notebook(shell, owner, tmp_path):
    owner.add_run(state=RunState.SKIPPED, reason="missed while no engine was running")
    assert shell("export", "last", "-o", tmp_path / "o.ipynb") == 0
    (line,) = shell.err.splitlines()
    assert "never started, it is skipped: missed while no engine was running" in line
    assert "without outputs" in line
    with Client("http://owner/", owner.token, transport=owner) as client:
        run = client.get("last")
        with pytest.warns(UserWarning, match="never started"):
            run.notebook()
        with pytest.warns(UserWarning, match="never started"):
            run.save_notebook(tmp_path / "p.ipynb")
