from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from jupyter_batch.cli.doctor_checks import (
    Place,
    engine_findings,
    extension_finding,
    folder_diagnostic,
    owner_diagnostic,
    panel_finding,
    python_diagnostic,
    secrets_diagnostics,
)
from jupyter_batch.client.client import Client
from jupyter_batch.errors import NotAllowed, OwnerUnavailable


def _write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def test_what_is_installed_is_named():
    assert python_diagnostic().level == "ok"
    assert "papermill" in python_diagnostic().message


def test_a_data_folder_that_is_still_to_be_made_is_fine(tmp_path):
    finding = folder_diagnostic(tmp_path / "new" / "data")
    assert finding.level == "ok"
    assert "free" in finding.message


def test_a_file_in_the_place_of_the_data_folder_is_a_failure(tmp_path):
    (tmp_path / "file").write_text("")
    finding = folder_diagnostic(tmp_path / "file" / "data")
    assert finding.level == "fail"
    assert "JUPYTER_BATCH_DATA" in finding.advice


@pytest.fixture
def reached_by_others(tmp_path) -> Iterator[Path]:
    """A folder of which no parent keeps other users out."""
    closed = [tmp_path, *tmp_path.parents]
    closed = [parent for parent in closed if not parent.stat().st_mode & 0o011]
    modes = {parent: stat.S_IMODE(parent.stat().st_mode) for parent in closed}
    for parent, mode in modes.items():
        parent.chmod(mode | 0o011)
    yield tmp_path
    for parent, mode in modes.items():
        parent.chmod(mode)


@pytest.mark.parametrize(
    ("mode", "level"), [(0o755, "fail"), (0o750, "fail"), (0o701, "fail"), (0o700, "ok")]
)
def test_a_data_folder_that_others_can_read_is_told(reached_by_others, mode, level):
    folder = reached_by_others / "data"
    folder.mkdir()
    folder.chmod(mode)
    finding = folder_diagnostic(folder)
    assert finding.level == level
    is_told = "on this machine can read" in finding.message
    assert is_told == (f"chmod 700 {folder}" in finding.advice) == (level == "fail")


def test_a_data_folder_in_one_that_keeps_others_out_is_fine(reached_by_others):
    folder = reached_by_others / "closed" / "data"
    folder.mkdir(parents=True)
    folder.chmod(0o755)
    folder.parent.chmod(0o700)
    assert folder_diagnostic(folder).level == "ok"


def test_an_owner_that_answers_is_introduced(owner, tmp_path):
    client = Client("http://owner/", owner.token, transport=owner)
    finding, health = owner_diagnostic(Place(data_dir=tmp_path, connect=lambda: client))
    client.close()
    assert finding.level == "warn"
    assert "version 0" in finding.message
    assert health is not None
    assert health["root_dir"] == "/"


def test_an_owner_that_cannot_be_had_is_a_failure(tmp_path):
    def connect():
        raise OwnerUnavailable("nobody there")

    finding, health = owner_diagnostic(Place(data_dir=tmp_path, connect=connect))
    assert (finding.level, finding.message, health) == ("fail", "nobody there", None)


@pytest.mark.parametrize(
    ("facts", "advised"),
    [
        ({"live_restore": "no", "swarm": "inactive"}, True),
        ({"live_restore": "no", "swarm": "active"}, False),
        ({"live_restore": "yes", "swarm": "inactive"}, False),
        ({}, False),
    ],
)
def test_an_engine_that_takes_runs_along_when_it_ends_is_told(tmp_path, facts, advised):
    docker = {"ok": True, "message": "it answers", "facts": facts}
    finding = next(engine_findings(tmp_path, {"executors": {"docker": docker}}))
    assert (finding.level, "live-restore" in finding.advice) == ("ok", advised)


@pytest.mark.parametrize(
    ("user", "system", "level"),
    [(None, True, "ok"), (False, True, "warn"), (True, False, "ok"), (None, None, "warn")],
)
def test_the_users_configuration_of_the_extension_wins(tmp_path, user, system, level):
    folders = []
    for name, value in (("user", user), ("system", system)):
        folder = tmp_path / name
        folders.append(str(folder))
        if value is not None:
            config = {"ServerApp": {"jpserver_extensions": {"jupyter_batch": value}}}
            _write(folder / "jupyter_server_config.d" / "jupyter_batch.json", config)
    assert extension_finding(folders).level == level


def test_a_panel_that_is_there_and_not_disabled_is_fine(tmp_path):
    _write(tmp_path / "lab" / "jupyter-batch" / "package.json", {})
    labs, configs = [str(tmp_path / "lab")], [str(tmp_path / "config")]
    assert panel_finding(labs, configs).level == "ok"
    page = {"disabledExtensions": {"jupyter-batch": True}}
    _write(tmp_path / "config" / "labconfig" / "page_config.json", page)
    finding = panel_finding(labs, configs)
    assert "disabled" in finding.message
    assert "labextension enable" in finding.advice


def test_a_panel_that_is_missing_is_no_failure(tmp_path):
    assert panel_finding([str(tmp_path)], []).level == "warn"


class _SecretsClient:
    def __init__(self, answer):
        self._answer = answer

    def secrets(self):
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def _secrets_client(answer: Any) -> Callable[[], Client]:
    return lambda: cast("Client", _SecretsClient(answer))


@pytest.mark.parametrize(
    ("answer", "level", "text"),
    [
        ({"items": ["A"], "weak": {}}, "ok", "1 secret"),
        ({"items": ["A"], "weak": {"A": "it is short"}}, "warn", "weak: A: it is short"),
        (NotAllowed("line 3: is no NAME=value"), "fail", "line 3: is no NAME=value"),
    ],
)
def test_secrets_that_are_weak_or_cannot_be_read_are_told(tmp_path, answer, level, text):
    place = Place(data_dir=tmp_path, connect=_secrets_client(answer))
    (finding,) = secrets_diagnostics(place)
    assert (finding.level, finding.message) == (level, text)


def test_without_secrets_doctor_says_nothing_of_them(tmp_path):
    place = Place(data_dir=tmp_path, connect=_secrets_client({"items": []}))
    assert list(secrets_diagnostics(place)) == []
