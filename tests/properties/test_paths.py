"""No path that is made up leads out of a folder, whichever way it is written to."""

from __future__ import annotations

import contextlib
import json
import os
import tarfile
from io import BytesIO
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_batch.cli.files import save_artifacts
from jupyter_batch.client.client import Client
from jupyter_batch.containment import join_inside
from jupyter_batch.domain.artifact import Artifact
from jupyter_batch.domain.frames import ArtifactChunk, decode_frame
from jupyter_batch.domain.paths import path_problem
from jupyter_batch.domain.run import RunState
from jupyter_batch.errors import UnsafePath
from jupyter_batch.runner import paths as twin
from jupyter_batch.runner.bundle import BundleError, read_bundle
from jupyter_batch.testing.owner import FakeOwner
from tests.paths import FUZZ

_PIECES = [
    *("..", ".", "", "/", "\\", "a", "b", "in", "out", "root", "file", "circle", "~", "-", " "),
    *("C:", "nul", "CON", "\0", "\n", "\x1b", "\u202e", "\u2028", "\ud800", "e\u0301", "..."),
    *("%2e%2e", "%2f", "\uff0e\uff0e", "\u2215", "x" * 255, "x" * 256, "$HOME", "*", "a:b"),
]
_names = st.one_of(st.sampled_from(_PIECES), st.text(max_size=3))
_joined = st.lists(_names, min_size=1, max_size=6).map("/".join)
_paths = st.one_of(_joined, st.lists(_names, max_size=5).map("".join), st.text(max_size=12))
_many = settings(
    max_examples=FUZZ or 2000,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
_some = settings(parent=_many, max_examples=max(FUZZ // 20, 300))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder full of links, beside what nobody may touch."""
    base = tmp_path_factory.mktemp("place")
    folder = base / "folder"
    for path in (folder / "real", base / "outside"):
        path.mkdir(parents=True)
    (base / "outside" / "kept").write_text("kept")
    (folder / "in").symlink_to("real")
    (folder / "out").symlink_to(base / "outside")
    (folder / "root").symlink_to("/")
    (folder / "file").symlink_to(base / "outside" / "kept")
    (folder / "circle").symlink_to("circle")
    yield folder
    assert_untouched(folder)


def assert_untouched(folder: Path) -> None:
    outside = folder.parent / "outside"
    assert sorted(os.listdir(folder.parent)) == ["folder", "outside"]
    assert os.listdir(outside) == ["kept"]
    assert (outside / "kept").read_text() == "kept"


def write(target: Path) -> None:
    with contextlib.suppress(OSError):  # a folder has the name, or a link goes in a circle
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("x")
        target.unlink()


@_many
@given(path=_paths)
def test_what_is_joined_stays_in_the_folder(place, path):
    problem = path_problem(path)
    assert twin.path_problem(path) == problem
    try:
        target = join_inside(place, path)
    except UnsafePath:
        target = None
    assert (target is None) or problem is None
    if target is not None:
        assert os.path.realpath(target).startswith(f"{place}/")
        write(target)
    if problem is None and not twin.leads_out(str(place), path):
        write(place / path)
    assert_untouched(place)


@_many
@given(path=_paths)
def test_a_frame_has_such_a_path_or_is_none(path):
    body = {"v": 1, "seq": 1, "at": 0.0, "kind": "artifact", "path": path, "data": ""}
    try:
        frame = decode_frame(json.dumps(body).encode())
    except msgspec.DecodeError:
        assert path_problem(path) is not None
    else:
        assert isinstance(frame, ArtifactChunk)
        assert (path_problem(path), frame.path) == (None, path)


@_some
@given(paths=st.lists(_paths.filter(path_problem), min_size=1, max_size=4))
def test_artifacts_of_a_hostile_server_are_saved_inside_or_not_at_all(place, paths):
    owner = FakeOwner()
    named = [*paths, "good.txt"]
    run = owner.add_run(state=RunState.SUCCEEDED, artifacts=tuple(map(_unchecked_artifact, named)))
    owner.files = dict.fromkeys(named, b"x")
    with Client("http://owner/", owner.token, transport=owner) as client:
        saved = save_artifacts(client.runs.get(run.id), place)
    assert saved.paths == [place / "good.txt"]
    assert len(saved.failures) == len(paths)
    (place / "good.txt").unlink()
    assert_untouched(place)


def _unchecked_artifact(path: str) -> Artifact:
    path = path.encode("utf-8", "replace").decode()
    return Artifact(path=path, size_bytes=1, sha256="", media_type="text/plain")


@_some
@given(path=_paths)
def test_a_bundle_is_unpacked_inside_or_not_at_all(place, path):
    path = path.encode("utf-8", "replace").decode()
    archive = BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, content in (
            ("bundle.json", b"{}"),
            (f"files/{path}", b"x"),
            ("notebook.ipynb", b"{}"),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, BytesIO(content))
    bundle = place / ".bundle"
    bundle.write_bytes(archive.getvalue())
    with contextlib.suppress(BundleError):
        read_bundle(str(bundle), str(place))
    assert_untouched(place)
