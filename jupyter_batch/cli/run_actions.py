"""``logs``, ``cancel``, ``retry``, ``delete`` and ``export``: the actions on a run."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import msgspec

from jupyter_batch.cli.arguments import (
    NOT_SUCCEEDED,
    SUCCEEDED,
    UsageError,
    add_command,
)
from jupyter_batch.cli.console import coloured
from jupyter_batch.cli.files import (
    SavedFiles,
    check_folder,
    check_notebook_file,
    save_artifacts,
    save_notebook,
)
from jupyter_batch.cli.formatting import short, state_text
from jupyter_batch.cli.session import Session
from jupyter_batch.client.arguments.units import size
from jupyter_batch.client.job import Job
from jupyter_batch.client.run import Run, never_started
from jupyter_batch.domain.plain_text import plain_text
from jupyter_batch.domain.run import RunState
from jupyter_batch.errors import NotFound

_RUN_HELP = "its id, the end of one, or 'last'"
_LOOK_SECONDS = 0.5


def add(commands: Any) -> None:
    """Adds the commands."""
    logs = add_command(
        commands,
        "logs",
        show_log,
        help="show the log of a run: output of papermill, the kernel and the engine",
        epilog="  jupyter batch logs last\n  jupyter batch logs -f 8h2k9qwe",
    )
    logs.add_argument("target", metavar="RUN", help=_RUN_HELP)
    logs.add_argument(
        "-f", "--follow", action="store_true", help="follow the log until the run has finished"
    )
    logs.add_argument("--attempt", type=int, metavar="N", help="attempt number (default: newest)")
    cancel = add_command(
        commands,
        "cancel",
        cancel_runs,
        help="cancel runs; their notebooks may clean up first",
        epilog="  jupyter batch cancel last\n  jupyter batch cancel 8h2k9qwe --wait",
    )
    cancel.add_argument("targets", metavar="RUN", nargs="+", help=_RUN_HELP)
    cancel.add_argument("--wait", action="store_true", help="wait until they have finished")
    retry = add_command(
        commands,
        "retry",
        retry_run,
        help="retry a run that did not succeed",
        epilog="  jupyter batch retry last --wait",
    )
    retry.add_argument("target", metavar="RUN", help=_RUN_HELP)
    retry.add_argument("--wait", action="store_true", help="wait until it has finished")
    _add_delete(commands)
    _add_export(commands)


def _add_delete(commands: Any) -> None:
    delete = add_command(
        commands,
        "delete",
        delete_runs,
        help="delete finished runs with all their records, or jobs",
        epilog="  jupyter batch delete 8h2k9qwe\n  jupyter batch delete --job nightly",
    )
    delete.add_argument("targets", metavar="RUN", nargs="*", help=_RUN_HELP)
    delete.add_argument(
        "--job",
        dest="jobs",
        action="append",
        default=[],
        metavar="JOB",
        help="a job, by name or id; its runs stay. May be repeated",
    )


def _add_export(commands: Any) -> None:
    export = add_command(
        commands,
        "export",
        export_run,
        help="write the executed notebook or the artifacts of a run to files",
        epilog="  jupyter batch export last --output report.html\n"
        "  jupyter batch export last --output report.ipynb --artifacts results/",
    )
    export.add_argument("target", metavar="RUN", help=_RUN_HELP)
    export.add_argument(
        "-o", "--output", metavar="FILE", help="write the notebook here (.ipynb or .html)"
    )
    export.add_argument("--artifacts", metavar="DIR", help="write the artifacts into this folder")
    export.add_argument("--attempt", type=int, metavar="N", help="attempt number (default: newest)")


def show_log(args: argparse.Namespace, session: Session) -> int:
    """Writes the log; with ``--follow`` until the run is over."""
    run = session.find_run(args.target)
    if session.as_json:
        if args.follow:
            run.wait()
        lines = list(run.log_lines(args.attempt))
        session.answer({"run_id": run.id, "items": msgspec.to_builtins(lines)})
        return SUCCEEDED
    last = _write_log(run, session, args.attempt, 0)
    while args.follow:
        over = run.refresh().is_over
        last = _write_log(run, session, args.attempt, last)
        if over:
            session.note(state_text(run.state))
            break
        session.sleep(_LOOK_SECONDS)
    if last == 0:
        session.note("the log is empty: what cells print is kept with the cells", style="dim")
    return SUCCEEDED


def cancel_runs(args: argparse.Namespace, session: Session) -> int:
    """Cancels runs."""
    runs = [session.find_run(target) for target in args.targets]
    for run in runs:
        run.cancel()
    if args.wait:
        for run in runs:
            run.wait()
    _report(runs, session, many=True)
    return SUCCEEDED


def retry_run(args: argparse.Namespace, session: Session) -> int:
    """Queues one more attempt."""
    run = session.find_run(args.target).retry()
    if args.wait:
        run.wait()
    _report([run], session, many=False)
    return SUCCEEDED if run.succeeded or not args.wait else NOT_SUCCEEDED


def delete_runs(args: argparse.Namespace, session: Session) -> int:
    """Deletes runs, all or none, and jobs."""
    if not args.targets and not args.jobs:
        raise UsageError("name runs, or jobs with --job")
    jobs = [session.client.jobs.get(name) for name in args.jobs]
    ids = []
    for target in args.targets:
        try:
            ids.append(session.find_run(target).id)
        except NotFound:
            jobs.append(_job_instead(session, target))
    count = session.client.runs.delete_many(ids) if ids else 0
    for job in jobs:
        job.delete()
    if session.as_json:
        session.answer({"deleted": count + len(jobs)})
        return SUCCEEDED
    for job in jobs:
        session.print(f"deleted job {job.name}; its runs are still on record")
    if not ids:
        return SUCCEEDED
    session.print(f"deleted {count} run{'s' if count != 1 else ''}")
    return SUCCEEDED


def _job_instead(session: Session, target: str) -> Job:
    """Returns the job that was meant where there is no such run."""
    try:
        return session.client.jobs.get(target)
    except NotFound as error:
        raise NotFound(f"there is no run and no job {target!r}") from error


def export_run(args: argparse.Namespace, session: Session) -> int:
    """Writes files."""
    if args.output is None and args.artifacts is None:
        raise UsageError("give a target: --output FILE.ipynb, FILE.html or --artifacts DIR")
    if args.output:
        check_notebook_file(args.output)
    if args.artifacts:
        check_folder(Path(args.artifacts), "artifacts")
    run = session.find_run(args.target)
    written: dict[str, Any] = {"run_id": run.id, "notebook": None, "artifacts": []}
    saved = SavedFiles()
    if args.output:
        path = save_notebook(run, args.output, args.attempt)
        written["notebook"] = str(path)
    if args.artifacts:
        saved = save_artifacts(run, Path(args.artifacts), args.attempt)
        written["artifacts"] = [str(path) for path in saved.paths]
    if saved.failures:
        written["not_saved"] = saved.failures
    code = NOT_SUCCEEDED if saved.failures else SUCCEEDED
    if session.as_json:
        session.answer(written)
        return code
    if written["notebook"]:
        session.print(f"{written['notebook']}")
    for path in written["artifacts"]:
        session.print(f"{path} ({size(Path(path).stat().st_size)})")
    for failure in saved.failures:
        session.note(f"not saved: {failure}", style="red")
    if args.artifacts and not run.artifacts:
        session.note("the run has left no artifacts")
    said = never_started(run)
    if said is not None:
        session.note(f"note: {said}")
    elif run.state is not RunState.SUCCEEDED:
        session.note(f"note: the run is {run.state}; the notebook is as far as it came")
    return code


def _write_log(run: Run, session: Session, attempt: int | None, after: int) -> int:
    for line in run.log_lines(attempt, after=after):
        after = line.line_no
        if session.out.is_terminal:
            session.print(coloured(line.text, colours=True))
        else:
            session.out.file.write(plain_text(line.text) + "\n")
    session.out.file.flush()
    return after


def _report(runs: list[Run], session: Session, *, many: bool) -> None:
    if session.as_json:
        session.answer({"items": [run.to_dict() for run in runs]} if many else runs[0].to_dict())
        return
    for run in runs:
        line = state_text(run.state).append(f"  {run.name}  {short(run.id)}", style="default")
        if run.reason:
            line.append(f"  {run.reason}", style="default")
        session.print(line)
