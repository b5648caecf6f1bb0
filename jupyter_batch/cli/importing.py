"""``import-jupyter-scheduler``: a move from jupyter-scheduler."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from jupyter_batch.cli.arguments import NOT_SUCCEEDED, SUCCEEDED, add_command
from jupyter_batch.cli.formatting import plural
from jupyter_batch.cli.session import Session
from jupyter_batch.client.migrate.importer import ImportedJob, ImportedRun, Importer, ImportReport
from jupyter_batch.client.migrate.jupyter_scheduler import STAGING, OldScheduler
from jupyter_batch.domain.executor_kinds import executor_help

_EXAMPLES = f"""\
  jupyter batch import-jupyter-scheduler ~/.local/share/jupyter/scheduler.sqlite
  jupyter batch import-jupyter-scheduler scheduler.sqlite --notebooks work/moved --paused

Job definitions become jobs with their schedules and parameters. Jobs of jupyter-scheduler become
runs with their outputs. jupyter-scheduler keeps a copy of each notebook in its staging area
({STAGING} next to the database), but not its original path, so the copies go to the folder of
--notebooks. Nothing of jupyter-scheduler is changed; turn its schedules off there, or both run.
A second import adds only what is new. The report lists all that could not be imported, and why."""


def add(commands: Any) -> None:
    """Adds the command."""
    parser = add_command(
        commands,
        "import-jupyter-scheduler",
        import_scheduler,
        help="import jobs, schedules and history from jupyter-scheduler",
        epilog=_EXAMPLES,
    )
    parser.add_argument(
        "database", metavar="FILE", help="the scheduler.sqlite file of jupyter-scheduler"
    )
    parser.add_argument(
        "--staging", metavar="DIR", help="the staging area, if it is not next to the database"
    )
    parser.add_argument(
        "--notebooks",
        metavar="DIR",
        default="jupyter-scheduler",
        help="folder for the notebooks, below the server's folder (default: jupyter-scheduler)",
    )
    parser.add_argument("--paused", action="store_true", help="import all schedules as paused")
    parser.add_argument("--executor", help=f"of the jobs: {executor_help()}")
    parser.add_argument("--image", help="image of the jobs: any with papermill and a kernel")


def import_scheduler(args: argparse.Namespace, session: Session) -> int:
    """Imports and reports."""
    database = Path(os.path.expanduser(args.database))
    staging = Path(os.path.expanduser(args.staging)) if args.staging else None
    old = OldScheduler(database, staging)
    options = {name: value for name in ("executor", "image") if (value := getattr(args, name))}
    report = Importer(
        session.client,
        old,
        Path(os.path.expanduser(args.notebooks)).absolute(),
        paused=args.paused,
        options=options,
        on_progress=lambda text: None if session.as_json else session.note(text, style="dim"),
    ).run()
    if session.as_json:
        session.answer(report)
    else:
        _show_report(report, session)
    items: list[ImportedJob | ImportedRun] = [*report.jobs, *report.runs]
    complete = all(item.outcome != "left_out" for item in items)
    return SUCCEEDED if complete else NOT_SUCCEEDED


def _show_report(report: ImportReport, session: Session) -> None:
    session.print(
        f"brought {plural(_count(report.jobs, 'brought'), 'job')} and "
        f"{plural(_count(report.runs, 'brought'), 'run')}"
    )
    before = _count(report.jobs, "before")
    if before:
        session.print(f"{plural(before, 'job')} had been brought before")
    items: list[ImportedJob | ImportedRun] = [*report.jobs, *report.runs]
    for item in items:
        if not item.notes and item.outcome == "brought":
            continue
        what = "job" if isinstance(item, ImportedJob) else "run"
        rest = ", paused" if isinstance(item, ImportedJob) and item.paused else ""
        session.print(f"{what} {item.name}: {item.outcome.replace('_', ' ')}{rest}")
        for note in item.notes:
            session.print(f"  {note}")
    live = [job for job in report.jobs if job.outcome == "brought" and not job.paused]
    if live:
        session.note("turn these schedules off in jupyter-scheduler, or both run", style="yellow")


def _count(items: tuple[ImportedJob, ...] | tuple[ImportedRun, ...], outcome: str) -> int:
    return sum(item.outcome == outcome for item in items)
