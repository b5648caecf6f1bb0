from __future__ import annotations

import zipfile
from datetime import UTC, datetime
from typing import cast

import msgspec
import pytest

from jupyter_batch.containment import join_inside
from jupyter_batch.domain.backup import BackedUpFile, BackupManifest
from jupyter_batch.domain.settings import Settings
from jupyter_batch.errors import InvalidInput, StoreDamaged, UnsafePath
from jupyter_batch.executors.process import ProcessExecutor
from jupyter_batch.ports import AttemptHandle
from jupyter_batch.runner.artifacts import send_artifacts
from jupyter_batch.runner.frame_writer import FrameWriter
from jupyter_batch.runner.masking import Masker
from jupyter_batch.store.backup.archive import read_manifest, unpack
from jupyter_batch.store.duckdb.database import connect
from jupyter_batch.store.segments import Segment, Segments
from tests.paths import BAD, GOOD


@pytest.mark.parametrize("path", GOOD)
def test_a_path_below_the_folder_is_joined(tmp_path, path):
    assert join_inside(tmp_path, path) == tmp_path / path


@pytest.mark.parametrize("path", BAD)
def test_what_is_no_path_is_not_joined(tmp_path, path):
    with pytest.raises(UnsafePath, match="is no path of a file below a folder"):
        join_inside(tmp_path, path)


def test_links_are_followed_as_long_as_they_stay_in_the_folder(tmp_path):
    folder = tmp_path / "folder"
    (folder / "real").mkdir(parents=True)
    (folder / "near").symlink_to("real")
    (folder / "out").symlink_to(tmp_path)
    (folder / "root").symlink_to("/")
    (folder / "self").symlink_to(".")
    (folder / "file").symlink_to(tmp_path / "made")
    (folder / "circle").symlink_to("circle")
    (tmp_path / "way").symlink_to(folder)
    assert join_inside(tmp_path / "way", "near/x") == folder / "real" / "x"
    for path in ("out/x", "root/etc/x", "file", "self"):
        with pytest.raises(UnsafePath, match="by a link"):
            join_inside(folder, path)
    assert join_inside(folder, "circle/x").is_relative_to(folder)


def test_a_folder_whose_name_begins_alike_is_another_one(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "ab").mkdir()
    (tmp_path / "a" / "link").symlink_to(tmp_path / "ab")
    with pytest.raises(UnsafePath):
        join_inside(tmp_path / "a", "link/x")


def _backup(path, names):
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
        manifest = BackupManifest(
            version="0",
            made_at=datetime(2026, 1, 1, tzinfo=UTC),
            store_id="s",
            host="h",
            data_dir="/d",
            records_version=1,
            outputs_version=1,
            jobs=0,
            runs=0,
            files=tuple(BackedUpFile(name=name, size_bytes=1) for name in names),
        )
        archive.writestr("manifest.json", msgspec.json.encode(manifest))
    return manifest


@pytest.mark.parametrize(
    "name", ["../records.duckdb", "/records.duckdb", "outputs/..", "outputs/../x", "outputs//x"]
)
def test_a_backup_with_a_file_that_is_none_of_ours_is_refused(tmp_path, name):
    manifest = _backup(tmp_path / "b.zip", [name])
    with pytest.raises(InvalidInput, match="not what its table of contents says"):
        read_manifest(tmp_path / "b.zip")
    (tmp_path / "in").mkdir()
    with pytest.raises(InvalidInput, match="nothing has been changed"):
        unpack(tmp_path / "b.zip", manifest, tmp_path / "in")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.zip", "in"]


def test_a_backup_is_not_unpacked_through_a_link(tmp_path):
    manifest = _backup(tmp_path / "b.zip", ["outputs/x"])
    (tmp_path / "in").mkdir()
    (tmp_path / "away").mkdir()
    (tmp_path / "in" / "outputs").symlink_to(tmp_path / "away")
    with pytest.raises(InvalidInput, match="by a link"):
        unpack(tmp_path / "b.zip", manifest, tmp_path / "in")
    assert list((tmp_path / "away").iterdir()) == []


@pytest.mark.parametrize(
    "file", ["../../x.duckdb", "/x.duckdb", "x", "000001.duckdb.wal", "000001.duckdb; DROP"]
)
def test_a_restored_record_cannot_name_an_output_file_elsewhere(tmp_path, file):
    with connect(tmp_path, memory_limit="64MB", threads=1) as connection:
        segments = Segments(connection, tmp_path / "outputs")
        with pytest.raises(StoreDamaged, match="is not the name of an output file"):
            segments.add(Segment(1, file, datetime(2026, 1, 1, tzinfo=UTC)))


async def test_the_process_executor_touches_only_folders_of_attempts(tmp_path):
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "kept").write_text("x")
    executor = ProcessExecutor(Settings(root_dir="/", data_dir=str(tmp_path / "data")), runner=b"")
    attempts = tmp_path / "data" / "attempts"
    (attempts / "jb-real-1").mkdir(parents=True)
    forged = {"store_id": "s", "run_id": "/../../../victim/", "attempt_no": 1}
    (attempts / "jb-real-1" / "attempt.json").write_bytes(msgspec.json.encode(forged))
    assert await executor.list("s") == ()
    for run_id in ("/../../../victim", "x/../../../victim/x", "a\0b"):
        handle = AttemptHandle(run_id=run_id, attempt_no=1, container_id="1@1")
        with pytest.raises(UnsafePath):
            await executor.remove(handle)
    assert (victim / "kept").read_text() == "x"


class _Frames:
    def __init__(self):
        self.paths = []

    def write(self, kind, **fields):
        self.paths.append(fields["path"])


def test_the_runner_names_what_it_leaves_out_because_of_its_name(tmp_path):
    for name in ("good.txt", "a\nb", "back\\slash", "C:x", "nul"):
        (tmp_path / name).write_text("x")
    frames = _Frames()
    omitted = send_artifacts(str(tmp_path), cast("FrameWriter", frames), 1000, Masker({}))
    assert frames.paths == ["good.txt"]
    assert len(omitted) == 4
    assert "the artifact 'a\\nb' is left out: it has a control character" in omitted
