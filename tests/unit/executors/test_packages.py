"""Packages for images."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from jupyter_batch.executors.image_build.debian import suite_for
from jupyter_batch.executors.image_build.packages import installed_packages
from jupyter_batch.executors.image_build.wheels import Target


def test_installed_packages_are_told_with_their_versions():
    packages = installed_packages()
    names = [line.partition("==")[0] for line in packages.requirements]
    assert {"papermill", "msgspec"} <= set(names)
    assert names == sorted(set(names))
    assert not {"pip", "jupyter-batch"} & set(names)
    assert packages.python == f"{sys.version_info.major}.{sys.version_info.minor}"


def install(folder: Path, name: str, origin: dict[str, object] | None = None) -> None:
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    if origin is not None:
        (info / "direct_url.json").write_text(json.dumps(origin))


def test_what_no_index_has_is_left_out_with_the_reason(tmp_path: Path):
    install(tmp_path, "Plain_Package")
    install(tmp_path, "mine", {"url": "file:///home/me/mine", "dir_info": {"editable": True}})
    install(tmp_path, "wheel-file", {"url": "file:///tmp/x.whl", "archive_info": {}})
    install(tmp_path, "from-git", {"url": "https://x/y.git", "vcs_info": {"vcs": "git"}})
    install(tmp_path, "pip")
    packages = installed_packages([str(tmp_path)])
    assert packages.requirements == ("plain-package==1.0",)
    assert [text.partition(" 1.0: ")[0] for text in packages.left_out] == [
        "from-git",
        "mine",
        "wheel-file",
    ]
    assert "editable" in packages.left_out[1]


def test_a_target_takes_wheels_of_its_own_libc_and_older_ones():
    tags = Target(python="3.11", machine="aarch64", glibc="2.17").platforms()
    assert tags[0] == "manylinux_2_17_aarch64"
    assert "manylinux2014_aarch64" in tags
    assert "manylinux_2_28_aarch64" not in tags


def test_a_target_without_glibc_takes_wheels_for_musl():
    tags = Target(python="3.11", machine="x86_64", glibc="").platforms()
    assert all(tag.startswith("musllinux_1_") for tag in tags)


def test_another_machine_is_not_here():
    assert not Target(python="3.11", machine="s390x", glibc="2.36").is_here


def test_a_release_without_that_python_falls_back():
    assert suite_for("3.13") == "trixie"
    assert suite_for("3.12") == "bookworm"
