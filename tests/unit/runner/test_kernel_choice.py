"""The kernel of a notebook that names none of the installed ones."""

from __future__ import annotations

import pytest

from jupyter_batch.runner.kernel_choice import choose_kernel

ALL = {"python3": "python", "gpu": "python", "ir": "R", "jl-1.9": "julia", "jl-1.10": "julia"}


@pytest.mark.parametrize(
    ("wanted", "language", "kernels", "chosen"),
    [
        ("gpu", "python", ALL, "gpu"),
        (None, "", ALL, "python3"),
        (None, "python", {"own": "python"}, "own"),
        ("python", "", ALL, "python3"),
        ("venv", "python", ALL, "python3"),
        ("Python 3.9 (x)", "", ALL, "python3"),
        ("r-4.1", "r", ALL, "ir"),
        ("r-4.1", "R", {"r-4.2": "R"}, "r-4.2"),
        ("venv", "", ALL, None),
        ("jl", "julia", ALL, None),
        ("venv", "python", {"a": "python", "b": "python"}, None),
        ("venv", "scala", ALL, None),
        (None, "", {}, None),
        (None, "", {"ir": "R"}, None),
    ],
)
def test_the_language_decides(
    wanted: str | None, language: str, kernels: dict[str, str], chosen: str | None
):
    name, words = choose_kernel(wanted, language, kernels)
    assert name == chosen
    if name == wanted:
        assert words == "" or name is None
    elif name is not None:
        assert words.endswith(f"it ran on {name!r}")
    if name is None:
        assert "(--kernel)" in words
        assert all(known in words for known in kernels)
