"""The files that are read for a run, and those that never are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_batch.errors import InvalidInput, NotFound, TooLarge
from jupyter_batch.notebook.source import NotebookFreezer


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "nb.ipynb").write_bytes(b"{}")
    (root / "sub" / "other.ipynb").write_bytes(b"[]")
    (tmp_path / "secret.ipynb").write_bytes(b"secret")
    (tmp_path / "secret.txt").write_bytes(b"secret")
    return root


@pytest.fixture
def source(root: Path) -> NotebookFreezer:
    return NotebookFreezer(root, max_bytes=1000)


@pytest.mark.parametrize("path", ["nb.ipynb", "./nb.ipynb", "sub/other.ipynb", "sub//other.ipynb"])
def test_notebooks_are_named_from_the_root(source, root, path):
    frozen = source.freeze(path)
    assert frozen.path == os.path.normpath(path)
    assert frozen.content == (root / path).read_bytes()
    assert len(frozen.sha256) == 64


def test_an_absolute_path_inside_the_root_is_shortened(source, root):
    assert source.freeze(str(root / "sub" / "other.ipynb")).path == "sub/other.ipynb"


def test_an_absolute_path_may_lead_into_the_root_by_a_link(source, root, tmp_path):
    (tmp_path / "gateway").symlink_to(root)
    assert source.freeze(str(tmp_path / "gateway" / "nb.ipynb")).path == "nb.ipynb"


def test_the_root_itself_may_be_a_link(root, tmp_path):
    (tmp_path / "gateway").symlink_to(root)
    behind = NotebookFreezer(tmp_path / "gateway", max_bytes=1000)
    assert behind.freeze("nb.ipynb").content == b"{}"
    assert behind.freeze(str(root / "nb.ipynb")).path == "nb.ipynb"
    assert behind.freeze(str(tmp_path / "gateway" / "nb.ipynb")).path == "nb.ipynb"


def test_a_link_inside_the_root_is_followed(source, root):
    (root / "alias.ipynb").symlink_to("sub/other.ipynb")
    assert source.freeze("alias.ipynb").content == b"[]"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("", "no notebook"),
        ("  ", "no notebook"),
        (".", "no notebook"),
        ("/", "no notebook"),
        ("../secret.ipynb", r"'\.\.'"),
        ("sub/../nb.ipynb", r"'\.\.'"),
        ("/etc/passwd", "outside"),
        ("a\0b.ipynb", "character"),
        ("a\ud800.ipynb", "character"),
        ("sub", "ipynb"),
        ("nb.txt", "ipynb"),
        ("folder.ipynb", "folder"),
        ("pipe.ipynb", "regular"),
        ("leads-out.ipynb", "outside"),
        ("circle.ipynb", "cannot be read"),
        ("a" * 300 + ".ipynb", "cannot be read"),
    ],
)
def test_other_paths_are_refused_and_nothing_is_read(source, root, tmp_path, path, words):
    (root / "folder.ipynb").mkdir()
    os.mkfifo(root / "pipe.ipynb")
    (root / "leads-out.ipynb").symlink_to(tmp_path / "secret.ipynb")
    (root / "circle.ipynb").symlink_to("circle.ipynb")
    with pytest.raises(InvalidInput, match=words) as caught:
        source.freeze(path)
    assert caught.value.details["field"] == "notebook"
    assert "secret" not in str(caught.value.details.get("content"))


def test_an_absolute_path_outside_is_refused_whether_it_exists_or_not(source, tmp_path):
    messages = []
    for name in ("secret.ipynb", "nothing.ipynb"):
        with pytest.raises(InvalidInput) as caught:
            source.freeze(str(tmp_path / name))
        messages.append(caught.value.message.replace(name, ""))
    assert messages[0] == messages[1]


def test_a_missing_notebook_is_not_found_with_near_names(source):
    with pytest.raises(NotFound, match=r"sub/other\.ipynb") as caught:
        source.freeze("sub/otehr.ipynb")
    assert caught.value.details["near"] == ["sub/other.ipynb"]
    with pytest.raises(NotFound) as caught:
        source.freeze("nowhere/zzz.ipynb")
    assert caught.value.details["near"] == []


def test_a_notebook_above_the_limit_is_too_large(source, root):
    (root / "big.ipynb").write_bytes(b" " * 1001)
    with pytest.raises(TooLarge, match="1000 bytes"):
        source.freeze("big.ipynb")
    with pytest.raises(TooLarge):
        source.freeze("any", (), b" " * 1001)


def test_given_content_is_taken_and_its_path_is_a_label(source):
    frozen = source.freeze("/home/me/far away.ipynb", (), b"{ }")
    assert (frozen.path, frozen.content) == ("/home/me/far away.ipynb", b"{ }")


def test_files_beside_given_content_come_from_below_the_root(source, root):
    (root / "sub" / "data.csv").write_bytes(b"1")
    frozen = source.freeze("sub/unsaved.ipynb", ("*.csv",), b"{}")
    assert [file.path for file in frozen.files] == ["data.csv"]
    with pytest.raises(InvalidInput):
        source.freeze("/tmp/unsaved.ipynb", ("*.csv",), b"{}")


def test_a_root_that_is_not_the_server_s_own_is_told_by_its_path(root):
    source = NotebookFreezer(root, max_bytes=1000, is_own=False)
    with pytest.raises(NotFound, match=f"there is no notebook 'zzz.ipynb' in {root}"):
        source.freeze("zzz.ipynb")
