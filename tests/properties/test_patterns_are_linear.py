"""No pattern takes time that grows faster than the text it is tried on."""

from __future__ import annotations

import ast
import re
import time
from pathlib import Path

import pytest

import jupyter_batch

#: Ways that try a pattern at every place of a text, where the others try it once.
EVERYWHERE = ("search", "findall", "finditer", "split", "sub")
FUNCTIONS = ("compile", "match", "search", "fullmatch", "findall", "finditer", "split", "sub")


def patterns() -> dict[str, re.Pattern[str]]:
    """Returns the patterns that are written in the package, by file and line."""
    root = Path(jupyter_batch.__path__[0])
    found: dict[str, re.Pattern[str]] = {}
    for file in sorted(root.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        names = {
            id(node.value): node.targets[0].id
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            owner = node.func.value
            if not (isinstance(owner, ast.Name) and owner.id == "re") or not node.args:
                continue
            written = node.args[0]
            if node.func.attr in FUNCTIONS and isinstance(written, ast.Constant):
                text, flags = written.value, _flags(node)
                if isinstance(text, bytes):
                    text = text.decode("latin-1")
                assert isinstance(text, str)
                found[f"{file.relative_to(root)}:{node.lineno}:{names.get(id(node), '')}"] = (
                    re.compile(text, flags)
                )
    return found


def _flags(call: ast.Call) -> int:
    names = [node.attr for node in ast.walk(call) if isinstance(node, ast.Attribute)]
    flags = 0
    for name in names:
        flag = getattr(re, name, 0)
        flags |= int(flag) if isinstance(flag, re.RegexFlag) else 0
    return flags


PATTERNS = patterns()


def texts(pattern: re.Pattern[str], count: int) -> list[str]:
    """Returns texts that are likely to be hard: what the pattern names, again and again."""
    letters = sorted(set(re.sub(r"\\[a-zA-Z]", "", pattern.pattern)) - set("\\^$*+?|"))
    pieces = [*letters, "a", "0", " ", "\n", "\t", ".", "\\", '"', "\x1b["]
    pieces += [f"{one} " for one in letters] + [f"{one}a" for one in letters]
    words = re.findall(r"[A-Za-z<>/{}#%:=]{2,}", re.sub(r"\\[a-zA-Z]", "", pattern.pattern))
    pieces += words[:6] + [f"{word} " for word in words[:6]]
    starts = ["", *words[:3], *letters[:6]]
    many = [piece * (count // len(piece)) + "\x00" for piece in dict.fromkeys(pieces)]
    begun = [start + piece * count + "\x00" for start in starts for piece in ("a", " ", "0")]
    return many + begun


#: Tried on the last 200 characters of a text; tried on whole names, in a table of languages.
BOUNDED = {("runner/escapes.py", "_BEGUN"), ("runner/parameters.py", "")}


def is_searched(name: str) -> bool:
    """Says whether the file tries a pattern at every place of a text."""
    file, _line, given = name.split(":")
    if (file, given) in BOUNDED:
        return False
    if not given:
        return True
    source = (Path(jupyter_batch.__path__[0]) / file).read_text(encoding="utf-8")
    return any(f"{given}.{way}(" in source for way in EVERYWHERE) or f"in {given}" in source


def seconds(pattern: re.Pattern[str], text: str, *, everywhere: bool) -> float:
    """Returns how long it takes to try a pattern as it is used; the least of three times."""
    best = 1e9
    for _ in range(3):
        begun = time.process_time()
        pattern.match(text)
        pattern.fullmatch(text)
        for _found in pattern.finditer(text) if everywhere else ():
            pass
        best = min(best, time.process_time() - begun)
    return best


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", sorted(PATTERNS))
def test_eight_times_the_text_takes_about_eight_times_as_long(name: str):
    """Growth with the square would take sixty-four times as long."""
    pattern, everywhere = PATTERNS[name], is_searched(name)
    for few, many in zip(texts(pattern, 500), texts(pattern, 4000), strict=True):
        long = seconds(pattern, many, everywhere=everywhere)
        if long > 0.01:
            short = seconds(pattern, few, everywhere=everywhere)
            assert long < 24 * short + 0.01, ascii(many[:40])


def test_patterns_were_found():
    assert len(PATTERNS) > 30
