"""Runs the benchmarks: ``python -m tests.benchmarks [NAME ...]``."""

from __future__ import annotations

import argparse
import os

from tests.benchmarks import (
    bench_import,
    bench_live,
    bench_loop,
    bench_panel,
    bench_results,
    bench_runs,
    bench_schedules,
)

BENCHMARKS = {
    "import": bench_import.main,
    "runs": bench_runs.main,
    "live": bench_live.main,
    "loop": bench_loop.main,
    "results": bench_results.main,
    "schedules": bench_schedules.main,
    "panel": bench_panel.main,
}


def main() -> None:
    """Runs what is named, else all, in containers where there is an engine."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHMARKS, []], help="default: all")
    names = parser.parse_args().names or list(BENCHMARKS)
    executors = ["process"] if os.environ.get("JUPYTER_BATCH_NO_ENGINE") else ["docker", "process"]
    for name in names:
        BENCHMARKS[name](executors)


if __name__ == "__main__":
    main()
