"""Files next to a notebook are listed within limits, and none outside of the root."""

from __future__ import annotations

import os
from pathlib import Path

from jupyter_batch.notebook.names_beside import names_beside


def test_files_and_folders_nearest_first(tmp_path: Path):
    for name in ["sub/nb.ipynb", "sub/helper.py", "sub/pkg/__init__.py", "sub/.git/x", "top.py"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "sub/pkg/__pycache__").mkdir()
    assert names_beside("sub/nb.ipynb", str(tmp_path)) == (
        "helper.py",
        "nb.ipynb",
        "pkg/",
        "pkg/__init__.py",
    )


def test_the_number_of_names_is_bounded(tmp_path: Path):
    for number in range(1200):
        (tmp_path / f"{number:04}").touch()
    assert len(names_beside("nb.ipynb", str(tmp_path))) == 1000


def test_names_that_are_no_text_and_folders_that_are_links_are_left_alone(tmp_path: Path):
    (tmp_path / "loop").symlink_to(".")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.py")).touch()
    (tmp_path / "a\nb").touch()
    assert names_beside("nb.ipynb", str(tmp_path)) == ("loop",)


def test_a_folder_outside_of_the_root_or_none_has_no_names(tmp_path: Path):
    (tmp_path / "secret.txt").touch()
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "link").symlink_to(tmp_path)
    for path in ["../nb.ipynb", "link/nb.ipynb", "gone/nb.ipynb", "a\0b/nb.ipynb"]:
        assert names_beside(path, str(tmp_path / "root")) == ()
