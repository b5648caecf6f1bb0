"""Restores or repairs a store that has no owner, as a program of its own.

Run as ``python -m jupyter_batch.offline`` by ``jupyter batch restore`` and ``repair``, which may
not import the store. Writes one JSON object to stdout: ``{"kind": "done", ...}`` or
``{"kind": "error", "code", "message", "details"}`` (exit code 1).
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from jupyter_batch.domain.backup import RepairReport, RestoreReport
from jupyter_batch.errors import BatchError
from jupyter_batch.services.clock import SystemClock
from jupyter_batch.services.event_hub import EventHub
from jupyter_batch.store.backup.restore import restore
from jupyter_batch.store.repair import repair


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the task; returns 0, or 1 if it failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=["restore", "repair"])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--file", type=Path)
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--force", action="store_true")
    parser.add_argument("--takes-over", action="store_true")
    args = parser.parse_args(argv)
    try:
        report = _do(args)
    except BatchError as error:
        _write_message("error", code=error.code, message=error.message, details=error.details)
        return 1
    _write_message("done", **msgspec.to_builtins(report))
    return 0


def _do(args: argparse.Namespace) -> RestoreReport | RepairReport:
    if args.task == "repair":
        return repair(args.data, clock=SystemClock(), dry_run=args.dry_run)
    return asyncio.run(
        restore(
            args.file,
            args.data,
            clock=SystemClock(),
            sink=EventHub(),
            force=args.force,
            takes_over=args.takes_over,
        )
    )


def _write_message(kind: str, **facts: Any) -> None:
    sys.stdout.write(msgspec.json.encode({"kind": kind, **facts}).decode() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
