"""Paths of files below a folder, and texts that are none: for the owner and the runner."""

from __future__ import annotations

import os

#: How many made-up inputs a test of hostile input takes; ``make fuzz`` asks for more.
FUZZ = int(os.environ.get("JUPYTER_BATCH_FUZZ", "0"))

GOOD = [
    "a",
    "a.txt",
    "a/b/c.txt",
    "a b/ü/日本.csv",
    ".hidden",
    "..a",
    "a..",
    "a/...",
    "2026-11-28T10:00.csv",
    "a/c:d",
    "~",
    "-rf",
    "$(id)",
    "aux.csv",
    "console",
    "x" * 255,
    "/".join(["x" * 200] * 5),
]
BAD = [
    "",
    "/",
    "//a",
    "/etc/passwd",
    ".",
    "..",
    "../a",
    "a/..",
    "a/../b",
    "a/../../b",
    "./a",
    "a/.",
    "a//b",
    "a/",
    "a\\b",
    "..\\a",
    "\\\\server\\share",
    "C:a",
    "c:/a",
    "C:\\a",
    "a\0b",
    "a\nb",
    "a\x1b[31m",
    "a\x7f",
    "a\x85b",
    "a\u2028b",
    "a\ud800",
    "nul",
    "a/CON",
    "COM1/x",
    "lpt9 .",
    "x" * 256,
    "é" * 128,
    "/".join(["x" * 200] * 6),
]
