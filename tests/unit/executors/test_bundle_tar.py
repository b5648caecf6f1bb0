"""Bundles as tar streams."""

from __future__ import annotations

import io
import json
import tarfile
from pathlib import Path

from jupyter_batch.domain.notebook import FrozenFile
from jupyter_batch.executors.bundle_tar import Member, pack, tar_stream
from jupyter_batch.ports import Bundle
from jupyter_batch.runner.bundle import read_bundle

BUNDLE = Bundle(
    notebook=b'{"cells": []}',
    files=(FrozenFile(path="lib/größe.txt", content=b"x" * 3_000_000),),
    settings={"run_id": "r", "parameters": {"a": [1, None]}},
    secrets={"TOKEN": "t"},
)


def test_the_runner_reads_what_is_packed(tmp_path: Path):
    file = tmp_path / "bundle.tar"
    file.write_bytes(b"".join(pack(BUNDLE)))
    folder = tmp_path / "work"
    folder.mkdir()
    bundle = read_bundle(str(file), str(folder))
    assert bundle.notebook == BUNDLE.notebook
    assert bundle.parameters == {"a": [1, None]}
    assert bundle.secrets == {"TOKEN": "t"}
    assert (folder / "lib/größe.txt").read_bytes() == BUNDLE.files[0].content
    assert not file.exists()


def test_the_settings_come_first_and_the_notebook_last():
    with tarfile.open(fileobj=io.BytesIO(b"".join(pack(BUNDLE)))) as archive:
        names = archive.getnames()
        first = archive.extractfile("bundle.json")
        assert first is not None
        assert json.load(first)["secrets"] == {"TOKEN": "t"}
    assert names == ["bundle.json", "files/lib/größe.txt", "notebook.ipynb"]


def test_the_same_members_give_the_same_bytes():
    assert pack(BUNDLE) == pack(BUNDLE)


def test_a_long_name_and_a_folder_come_through():
    name = "/".join(["folder" * 10] * 5)
    stream = tar_stream(
        [Member(name="d", mode=0o700, uid=7), Member(name=name, content=(b"1", b"2"))]
    )
    with tarfile.open(fileobj=io.BytesIO(b"".join(stream))) as archive:
        folder, file = archive.getmembers()
        content = archive.extractfile(file)
        assert content is not None
        assert content.read() == b"12"
    assert (folder.isdir(), folder.mode, folder.uid) == (True, 0o700, 7)
    assert file.name == name


def test_a_member_from_a_file_is_read_in_slices(tmp_path: Path):
    path = tmp_path / "large"
    path.write_bytes(b"x" * 2_500_000)
    member = Member(name="large", content=path)
    assert member.size == 2_500_000
    assert max(map(len, member.slices())) <= 1024 * 1024


def test_a_bundle_never_shows_its_secrets():
    assert "TOKEN" not in repr(BUNDLE)
