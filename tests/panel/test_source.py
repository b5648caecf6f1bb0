"""The panel's source passes its own checks and unit tests, and stays small."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.panel.conftest import Npm
from tests.panel.tools import SOURCE, build_bundle

LARGEST_BUNDLE = 400_000
#: What would let a line past the compiler, or past the rule against `any`.
_EXCUSE = re.compile(r"@ts-(ignore|nocheck|expect-error)|eslint-disable.*(any|unsafe)|as any\b")


def test_types_lint_and_format_are_right(npm: Npm):
    npm("run", "check")


def test_the_types_are_those_of_the_servers_openapi_document(npm: Npm):
    npm("run", "types", "--", "--check")


def test_the_unit_tests_pass(npm: Npm):
    said = npm("test")
    assert re.search(r"Tests\s+\d+ passed", said), said[-2000:]


def test_the_compiler_is_strict_and_nobody_is_let_off():
    options = json.loads((SOURCE / "tsconfig.json").read_text())["compilerOptions"]
    assert options["strict"] is True
    excuses = [
        f"{path.relative_to(SOURCE)}:{number}"
        for folder in ("src", "tests")
        for path in sorted((SOURCE / folder).rglob("*.ts*"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if _EXCUSE.search(line)
    ]
    assert excuses == []


def test_the_bundle_is_small():
    sizes = {path.name: path.stat().st_size for path in _scripts(build_bundle())}
    print(f"\nbundle: {sum(sizes.values()) / 1000:.0f} kB in {len(sizes)} files")
    assert 0 < sum(sizes.values()) < LARGEST_BUNDLE, sizes


def _scripts(bundle: Path) -> list[Path]:
    return [path for path in (bundle / "static").rglob("*") if path.suffix in (".js", ".css")]
