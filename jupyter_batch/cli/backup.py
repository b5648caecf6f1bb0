"""``backup`` and ``restore`` the whole store as one file; ``repair`` a damaged store."""

from __future__ import annotations

import argparse
import os
import shlex
from pathlib import Path
from typing import Any

import msgspec

from jupyter_batch.cli.arguments import NOT_SUCCEEDED, SUCCEEDED, UsageError, add_command
from jupyter_batch.cli.formatting import full_clock, plural
from jupyter_batch.cli.session import Session
from jupyter_batch.cli.subprocesses import ask, folder_of
from jupyter_batch.client.arguments.units import size
from jupyter_batch.client.transport.discovery import LocalOwner
from jupyter_batch.domain.backup import RepairReport, RestoreReport
from jupyter_batch.errors import Conflict, InvalidInput

_MODULE = "jupyter_batch.offline"
_WHO = {
    "jupyter": "a Jupyter server",
    "serve": "jupyter batch serve",
    "on_demand": "an on-demand server, which ends by itself when it is idle",
}

_BACKUP = """\
  jupyter batch backup nightly.zip --overwrite
  jupyter batch backup /var/backups/           a file with the time in its name

Runs go on meanwhile. The file appears once it is complete and checked. If output files of the store
are missing or damaged, the backup has all the others, and the exit code is 1. It holds the
notebooks, outputs and parameters of all runs, so protect it as you protect those. It has no
secrets."""

_RESTORE = """\
  jupyter batch restore nightly.zip
  jupyter batch restore nightly.zip --data /tmp/look     a copy, to look into
  jupyter batch restore nightly.zip --takes-over         the original machine is gone

No owner may run on the data folder meanwhile. Runs that were unfinished when the backup was made
are 'lost' in the restored store; retry those that you need. In another folder than the original,
the store becomes a copy: it gets its own id, so that neither store removes the other's containers,
and its schedules are paused, so that nothing runs twice."""

_REPAIR = """\
  jupyter batch repair --dry-run         report only, and change nothing
  jupyter batch repair

Use this when records.duckdb is missing or cannot be read. Prefer a backup, if there is one
(jupyter batch restore). The output files hold the notebooks, cells, outputs, logs and artifacts of
runs. They do not hold jobs, schedules, names, parameters and final states. Each run in them becomes
a 'lost' run, including runs that were deleted shortly before. The damaged file is moved to a folder
next to it. No owner may run on the data folder meanwhile."""


def add(commands: Any) -> None:
    """Adds the commands."""
    backup = add_command(
        commands,
        "backup",
        make_backup,
        help="write all jobs, runs and outputs to one file, while runs go on",
        epilog=_BACKUP,
    )
    backup.add_argument("file", metavar="FILE", help="file to write, or a folder for it")
    backup.add_argument("--overwrite", action="store_true", help="replace an existing file")
    restore = add_command(
        commands,
        "restore",
        restore_backup,
        help="restore the store from a backup",
        epilog=_RESTORE,
    )
    restore.add_argument("file", metavar="FILE", help="a backup written by jupyter batch backup")
    restore.add_argument(
        "--force",
        action="store_true",
        help="replace a store that has jobs or runs; the old store is kept in a folder next to it",
    )
    restore.add_argument(
        "--takes-over",
        action="store_true",
        help="the original is gone: keep its id and its schedules active",
    )
    repair = add_command(
        commands,
        "repair",
        repair_store,
        help="rebuild a lost or damaged records database from the output files",
        epilog=_REPAIR,
    )
    repair.add_argument(
        "--dry-run", action="store_true", help="report what would be done, and change nothing"
    )


def make_backup(args: argparse.Namespace, session: Session) -> int:
    """Makes a backup."""
    path, manifest = session.client.backup(args.file, overwrite=args.overwrite)
    written = path.stat().st_size
    if session.as_json:
        session.answer({"file": str(path), "size_bytes": written, **_plain(manifest)})
        return NOT_SUCCEEDED if manifest.missing else SUCCEEDED
    jobs, runs = plural(manifest.jobs, "job"), plural(manifest.runs, "run")
    session.print(f"{path}: {jobs} and {runs}, {size(written)}")
    _show_missing(manifest.missing, session)
    session.note(f"put it back: jupyter batch restore {shlex.quote(str(path))}", style="dim")
    if manifest.missing:
        count = plural(len(manifest.missing), "output file")
        session.note(f"the backup is not complete: {count} could not be read", style="bold red")
        return NOT_SUCCEEDED
    return SUCCEEDED


def restore_backup(args: argparse.Namespace, session: Session) -> int:
    """Restores a backup."""
    if args.url:
        raise UsageError("a backup is restored on the machine of the data folder: leave out --url")
    file = Path(os.path.expanduser(args.file)).absolute()
    if not file.is_file():
        raise InvalidInput(f"there is no file {args.file}", field="file")
    folder = _folder_without_owner(args, "restore")
    more = ["--file", str(file)]
    more += ["--force"] if args.force else []
    more += ["--takes-over"] if args.takes_over else []
    answer = ask("restore", data_dir=folder, more=more, on_progress=lambda *_: None, module=_MODULE)
    answer.pop("kind")
    if session.as_json:
        session.answer(answer)
        return SUCCEEDED
    _show_report(msgspec.convert(answer, RestoreReport), session)
    return SUCCEEDED


def repair_store(args: argparse.Namespace, session: Session) -> int:
    """Repairs the store."""
    if args.url:
        raise UsageError("a store is repaired on the machine of its data folder: leave out --url")
    folder = _folder_without_owner(args, "repair")
    more = ["--dry-run"] if args.dry_run else []
    answer = ask("repair", data_dir=folder, more=more, on_progress=lambda *_: None, module=_MODULE)
    answer.pop("kind")
    if session.as_json:
        session.answer(answer)
        return SUCCEEDED
    report = msgspec.convert(answer, RepairReport)
    done = "would be made" if report.dry_run else "was made"
    session.print(f"records.duckdb in {report.data_dir}: {report.trouble}")
    session.print(
        f"it {done} anew with {plural(report.runs, 'run')} of {plural(report.files, 'output file')}"
    )
    if report.kept_as:
        session.print(f"the damaged file is kept in {report.kept_as}")
    for trouble in report.unreadable:
        session.note(f"not read: {trouble}", style="yellow")
    if not report.dry_run:
        session.note("jobs and schedules have to be made anew", style="yellow")
    return SUCCEEDED


def _folder_without_owner(args: argparse.Namespace, verb: str) -> Path:
    folder = folder_of(args.data)
    owner = LocalOwner(folder).find()
    if owner is not None:
        raise Conflict(
            f"{_WHO[owner.kind]} (process {owner.pid}) owns {folder}: end it, then {verb}",
            pid=owner.pid,
        )
    return folder


def _show_report(report: RestoreReport, session: Session) -> None:
    jobs, runs = plural(report.jobs, "job"), plural(report.runs, "run")
    session.print(
        f"restored {jobs} and {runs} into {report.data_dir}, as of {full_clock(report.made_at)}"
    )
    if report.kept_as:
        session.print(f"what was there before is kept in {report.kept_as}")
    if report.lost:
        session.note(f"{plural(report.lost, 'run')} had not ended: now lost, and can be retried")
    if report.paused:
        session.note(
            f"this is a copy, so the schedules of {plural(report.paused, 'job')} are paused; "
            "where they are to run: jupyter batch resume JOB",
            style="yellow",
        )
    _show_missing(report.missing, session)


def _show_missing(missing: tuple[str, ...], session: Session) -> None:
    for name in missing:
        session.note(f"output file {name} could not be read: it is not in the backup", "yellow")


def _plain(value: Any) -> dict[str, Any]:
    built: dict[str, Any] = msgspec.to_builtins(value)
    return built
