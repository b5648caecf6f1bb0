"""The files that a pattern takes along."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_batch.errors import InvalidInput, TooLarge
from jupyter_batch.notebook.source import NotebookFreezer

FILES = [
    "a.py", "b.py", "data.csv", "lib/x.py", "lib/deep/y.py", "lib/deep/z.txt", ".hidden",
    ".config/set.ini", ".ipynb_checkpoints/nb-checkpoint.ipynb", "lib/__pycache__/x.pyc",
    "odd[1].txt",
]  # fmt: skip


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    for name in [*FILES, "nb.ipynb"]:
        path = root / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"12345")
    (root / "above.py").write_bytes(b"above")
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key.py").write_bytes(b"secret")
    return root


def taken(root: Path, *patterns: str, limit: int = 1000) -> list[str]:
    frozen = NotebookFreezer(root, max_bytes=limit).freeze("in/nb.ipynb", patterns)
    return [file.path for file in frozen.files]


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("a.py", ["a.py"]),
        ("*.py", ["a.py", "b.py"]),
        ("?.py", ["a.py", "b.py"]),
        ("[ab].py", ["a.py", "b.py"]),
        ("./*.csv", ["data.csv"]),
        ("lib/*.py", ["lib/x.py"]),
        ("**/*.py", ["a.py", "b.py", "lib/deep/y.py", "lib/x.py"]),
        ("lib/**", ["lib/deep/y.py", "lib/deep/z.txt", "lib/x.py"]),
        ("**/**/y.py", ["lib/deep/y.py"]),
        ("*/deep/*.txt", ["lib/deep/z.txt"]),
        ("lib", ["lib/deep/y.py", "lib/deep/z.txt", "lib/x.py"]),
        ("lib/", ["lib/deep/y.py", "lib/deep/z.txt", "lib/x.py"]),
        (".hidden", [".hidden"]),
        (".h*", [".hidden"]),
        (".config/*", [".config/set.ini"]),
        ("odd[1].txt", ["odd[1].txt"]),
    ],
)
def test_a_pattern_matches_from_the_notebooks_folder(root, pattern, names):
    assert taken(root, pattern) == names


def test_all_means_neither_hidden_names_nor_the_notebook_itself(root):
    assert taken(root, "**") == [
        "a.py", "b.py", "data.csv", "lib/deep/y.py", "lib/deep/z.txt", "lib/x.py", "odd[1].txt",
    ]  # fmt: skip


def test_a_file_that_two_patterns_match_goes_along_once(root):
    assert taken(root, "a.py", "*.py") == ["a.py", "b.py"]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("", "names nothing"),
        ("./", "names nothing"),
        ("../above.py", "upwards"),
        ("lib/../../above.py", "upwards"),
        ("/etc/*", "absolute"),
        ("~/x", "absolute"),
        ("a\0b", "NUL"),
        ("nothing*", "matches no file"),
        ("lib/nothing.py", "matches no file"),
        ("out/key.py", "outside the root"),
        ("key.py", "outside the root"),
        ("broken", "cannot be read"),
    ],
)
def test_what_leads_out_or_matches_nothing_is_refused_by_name(root, tmp_path, pattern, words):
    (root / "in" / "out").symlink_to(tmp_path / "secret")
    (root / "in" / "key.py").symlink_to(tmp_path / "secret" / "key.py")
    (root / "in" / "broken").symlink_to("nowhere")
    with pytest.raises(InvalidInput, match=words) as caught:
        taken(root, "a.py", pattern)
    assert caught.value.details["field"] == "files.1"


def test_any_depth_does_not_follow_links_to_folders(root, tmp_path):
    (root / "in" / "out").symlink_to(tmp_path / "secret")
    (root / "in" / "lib" / "circle").symlink_to(root / "in")
    assert taken(root, "**/*.csv") == ["data.csv"]
    assert "out/key.py" not in taken(root, "**/*.py")


def test_notebook_and_files_share_one_limit(root):
    assert taken(root, "a.py", "b.py", limit=15) == ["a.py", "b.py"]
    with pytest.raises(TooLarge) as caught:
        taken(root, "a.py", "b.py", limit=14)
    assert caught.value.details["field"] == "files.1"
