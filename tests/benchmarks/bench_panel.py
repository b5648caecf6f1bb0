"""Measures the panel with 100,000 runs in Chromium, as its test does."""

from __future__ import annotations

import subprocess
import sys

from tests.benchmarks.harness import ROOT

_TEST = "tests/e2e/browser/test_many_runs.py"


def main(executors: list[str]) -> None:
    """Prints when the list is painted, and how long its frames take; where it runs is the same."""
    print("\nThe panel with 100,000 runs", flush=True)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-s", "-k", "hundred_thousand", _TEST],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    told = [line for line in done.stdout.splitlines() if "runs: painted" in line]
    told += [line for line in done.stdout.splitlines() if "frames of scrolling" in line]
    skipped = [line for line in done.stdout.splitlines() if line.startswith("SKIPPED")]
    print("\n".join(f"  {line}" for line in told or skipped) or done.stdout, flush=True)
    if done.returncode:
        raise SystemExit(f"the panel's test failed:\n{done.stdout[-3000:]}")
