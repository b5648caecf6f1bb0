"""The owner's file tells where the owner is, to its user only."""

from __future__ import annotations

import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from jupyter_batch.wire.owner import (
    OWNER_FILE,
    OwnerInfo,
    default_data_dir,
    read_owner,
    remove_owner,
    write_owner,
)

_OWNER = OwnerInfo(
    url="http://127.0.0.1:1/",
    token="secret",
    pid=1,
    kind="serve",
    version="0.1.0",
    started_at=datetime(2026, 1, 1, tzinfo=UTC),
)


def test_what_is_written_is_read(tmp_path: Path):
    write_owner(tmp_path, _OWNER)
    assert read_owner(tmp_path) == _OWNER


def test_only_its_user_can_read_it(tmp_path: Path):
    write_owner(tmp_path, _OWNER)
    assert stat.S_IMODE((tmp_path / OWNER_FILE).stat().st_mode) == 0o600


def test_nothing_else_is_left_in_the_folder(tmp_path: Path):
    write_owner(tmp_path, _OWNER)
    write_owner(tmp_path, _OWNER)
    assert [path.name for path in tmp_path.iterdir()] == [OWNER_FILE]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"url": 1}'])
def test_a_file_that_makes_no_sense_is_no_owner(tmp_path: Path, content: bytes):
    (tmp_path / OWNER_FILE).write_bytes(content)
    assert read_owner(tmp_path) is None


def test_an_owner_removes_its_own_file_only(tmp_path: Path):
    write_owner(tmp_path, _OWNER)
    remove_owner(tmp_path, "another")
    assert read_owner(tmp_path) == _OWNER
    remove_owner(tmp_path, _OWNER.token)
    assert read_owner(tmp_path) is None


def test_the_token_is_not_shown(tmp_path: Path):
    assert _OWNER.token not in repr(_OWNER)


def test_the_data_folder_can_be_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("JUPYTER_BATCH_DATA", str(tmp_path))
    assert default_data_dir() == tmp_path


def test_the_data_folder_is_below_jupyters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("JUPYTER_BATCH_DATA", raising=False)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    assert default_data_dir() == tmp_path / "batch"
