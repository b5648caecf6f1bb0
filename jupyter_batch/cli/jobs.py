"""``jobs``: notebooks with their parameters and limits, under a name."""

from __future__ import annotations

import argparse
import json
import shlex
from collections.abc import Iterator
from typing import Any

from rich.console import RenderableType
from rich.text import Text

from jupyter_batch.cli.arguments import (
    NOT_SUCCEEDED,
    SUCCEEDED,
    Parser,
    add_command,
    add_options,
    add_parameters,
    options_of,
    parameters_of,
)
from jupyter_batch.cli.formatting import clock, cpus, full_clock, plural, short, state_text
from jupyter_batch.cli.parameters import send_typed
from jupyter_batch.cli.schedule_arguments import add_policies, add_schedule, schedule_of
from jupyter_batch.cli.session import Session
from jupyter_batch.client.arguments.units import duration, size
from jupyter_batch.client.job import Job
from jupyter_batch.domain.schedule.sentence import sentence

_EXAMPLES = """\
  jupyter batch jobs
  jupyter batch jobs create report.ipynb --name nightly -p alpha 0.5 --memory 1g
  jupyter batch jobs trigger nightly -p alpha 0.7 --wait
  jupyter batch jobs edit nightly --memory 2g --unset alpha
  jupyter batch runs --job nightly"""
_LAST = 5

#: Arguments whose meaning depends on a zone.
_ABOUT_TIME = ("cron", "at", "timezone", "start", "end")


def add(commands: Any) -> None:
    """Adds the command and its own commands."""
    parser = add_command(
        commands, "jobs", list_jobs, help="list, create and change jobs", epilog=_EXAMPLES
    )
    parser.set_defaults(query=None)
    inner = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=Parser)
    listed = add_command(inner, "list", list_jobs, help="list jobs", inner=True)
    listed.add_argument(
        "-q", "--query", metavar="TEXT", help="show jobs with this text in the name"
    )
    create = add_command(
        inner,
        "create",
        create_job,
        help="create a job from a notebook",
        epilog="  jupyter batch jobs create report.ipynb --name nightly -p alpha 0.5",
        inner=True,
    )
    create.add_argument("notebook", help="a notebook file below the server's folder")
    _add_policies(create)
    show = add_command(inner, "show", show_job, help="show a job and its newest runs", inner=True)
    show.add_argument("job", help="name or id")
    add_edit(inner, inner=True)
    delete = add_command(
        inner, "delete", delete_job, help="delete a job; its runs stay", inner=True
    )
    delete.add_argument("job", help="name or id")
    add_trigger(inner, inner=True)


def add_edit(commands: Any, *, inner: bool) -> None:
    """Adds ``edit``."""
    name = "jobs edit" if inner else "edit"
    edit = add_command(
        commands,
        "edit",
        edit_job,
        help="change a job; existing runs keep their settings",
        epilog=f"  jupyter batch {name} nightly --memory 2g -p alpha 0.7\n"
        f'  jupyter batch {name} nightly --cron "0 7 * * *" --retries 2',
        inner=inner,
    )
    edit.add_argument("job", help="name or id")
    edit.add_argument("--notebook", help="another notebook file")
    edit.add_argument(
        "--unset", action="append", default=[], metavar="NAME", help="drop a parameter"
    )
    edit.add_argument("--no-schedule", action="store_true", help="drop all triggers")
    _add_policies(edit)


def add_trigger(commands: Any, *, inner: bool) -> None:
    """Adds ``trigger``."""
    trigger = add_command(
        commands,
        "trigger",
        trigger_job,
        help="run a job now",
        epilog=f"  jupyter batch {'jobs ' if inner else ''}trigger nightly -p alpha 0.7 --wait",
        inner=inner,
    )
    trigger.add_argument("job", help="name or id")
    trigger.add_argument("--wait", action="store_true", help="wait until the run has finished")
    trigger.add_argument(
        "--force", action="store_true", help="start regardless of the job's other runs"
    )
    add_parameters(trigger)


def _add_policies(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--description", help="free text")
    parser.add_argument(
        "--max-concurrent", type=int, metavar="N", help="run at most N of its runs at once"
    )
    add_schedule(parser)
    add_policies(parser)
    add_parameters(parser)
    add_options(parser)


def list_jobs(args: argparse.Namespace, session: Session) -> int:
    """Lists jobs."""
    jobs = list(session.client.jobs.list(q=args.query))
    if session.as_json:
        session.answer({"items": [job.to_dict() for job in jobs]})
    elif jobs:
        heads = ("NAME", "NOTEBOOK", "SCHEDULE", "~PARAMETERS", "CHANGED")
        session.table(heads, (_row(job) for job in jobs))
    else:
        session.note("no jobs; make one: jupyter batch jobs create NOTEBOOK --name NAME")
    return SUCCEEDED


def create_job(args: argparse.Namespace, session: Session) -> int:
    """Makes a job."""
    options, schedule = options_of(args), schedule_of(args)
    job = send_typed(
        parameters_of(args),
        args.typed,
        lambda values: session.client.jobs.create(
            args.notebook,
            values,
            description=args.description or "",
            max_concurrent=args.max_concurrent,
            **options,
            **schedule,
        ),
    )
    if session.as_json:
        session.answer(job.to_dict())
    else:
        session.print(f"made job {job.name}" + (f": {job.sentence}" if job.sentence else ""))
        _show_notes(job, session)
        session.note(f"run it: jupyter batch jobs trigger {shlex.quote(job.name)}", style="dim")
    return SUCCEEDED


def show_job(args: argparse.Namespace, session: Session) -> int:
    """Shows a job and its newest runs."""
    job = session.client.jobs.get(args.job)
    runs = list(session.client.runs.list(job=job, limit=_LAST))
    if session.as_json:
        session.answer({**job.to_dict(), "newest_runs": [run.to_dict() for run in runs]})
        return SUCCEEDED
    session.print(Text.assemble((job.name, "bold"), f"  {job.id}"))
    for title, value in _facts(job):
        session.print(f"  {title:<12} {value}")
    if runs:
        session.print("", Text("newest runs", style="bold"))
        session.table(
            ("RUN", "STATE", "FOR", "CREATED", ">TOOK"),
            (
                (
                    short(run.id),
                    state_text(run.state),
                    clock(run.scheduled_for),
                    clock(run.created_at),
                    duration(run.duration_seconds),
                )
                for run in runs
            ),
        )
    session.note(f"\nrun it: jupyter batch jobs trigger {shlex.quote(job.name)}", style="dim")
    return SUCCEEDED


def edit_job(args: argparse.Namespace, session: Session) -> int:
    """Changes a job."""
    job = session.client.jobs.get(args.job)
    options, schedule = options_of(args), schedule_of(args)
    if args.no_schedule:
        schedule["triggers"] = ()
    known = {k: v for k, v in job.parameters.items() if k not in args.unset}
    known |= parameters_of(args)
    touched = bool(args.typed or args.unset or args.parameters_file)
    changed = send_typed(
        known,
        args.typed,
        lambda values: session.client.jobs.update(
            job.id,
            path=args.notebook,
            parameters=values if touched else None,
            description=args.description,
            max_concurrent=args.max_concurrent,
            **options,
            **schedule,
        ),
    )
    if session.as_json:
        session.answer(changed.to_dict())
    else:
        session.print(f"changed job {changed.name}")
        if changed.sentence and any(name in schedule for name in _ABOUT_TIME):
            session.print(f"  {changed.sentence}")
        _show_notes(changed, session)
    return SUCCEEDED


def delete_job(args: argparse.Namespace, session: Session) -> int:
    """Deletes a job."""
    job = session.client.jobs.get(args.job)
    job.delete()
    if session.as_json:
        session.answer({"deleted": 1})
    else:
        session.print(f"deleted job {job.name}; its runs are still on record")
    return SUCCEEDED


def trigger_job(args: argparse.Namespace, session: Session) -> int:
    """Runs a job now."""
    job = session.client.jobs.get(args.job)
    run = send_typed(
        parameters_of(args), args.typed, lambda values: job.trigger(values, force=args.force)
    )
    if args.wait:
        run.wait()
    if session.as_json:
        session.answer(run.to_dict())
    else:
        session.print(state_text(run.state).append(f"  {run.name}  {run.id}", style="default"))
        session.note(f"look at it: jupyter batch show {short(run.id)}", style="dim")
    return SUCCEEDED if run.succeeded or not args.wait else NOT_SUCCEEDED


def _show_notes(job: Job, session: Session) -> None:
    for note in job.notes:
        session.note(f"note: {note}", style="yellow")


def _row(job: Job) -> Iterator[RenderableType]:
    yield job.name
    yield job.notebook
    yield "paused" if job.paused else job.sentence or ""
    yield ", ".join(f"{name}={json.dumps(value)}" for name, value in job.parameters.items())
    yield clock(job.updated_at)


def _facts(job: Job) -> Iterator[tuple[str, str]]:
    environment = job.environment
    yield "notebook", job.notebook
    if job.description:
        yield "about", job.description
    for number, trigger in enumerate(job.record.triggers):
        yield ("schedule" if number == 0 else ""), sentence(trigger)
    if job.paused:
        yield "paused", job.paused_reason or "yes"
    for number, (name, value) in enumerate(job.parameters.items()):
        shown = json.dumps(value, ensure_ascii=False)
        yield ("parameters" if number == 0 else ""), f"{name} = {shown}"
    if environment.executor or environment.image:
        yield "where", " ".join(filter(None, (environment.executor, environment.image)))
    limits = [
        cpus(environment.cpus),
        f"{size(environment.memory_bytes)} memory" if environment.memory_bytes else "",
        f"timeout {duration(job.timeout_seconds)}" if job.timeout_seconds else "",
        f"{job.max_concurrent} at once" if job.max_concurrent else "",
    ]
    if any(limits):
        yield "limits", ", ".join(limit for limit in limits if limit)
    kept = [
        f"{plural(job.record.keep_runs, 'run')}" if job.record.keep_runs else "",
        f"{job.record.keep_days:g} days" if job.record.keep_days else "",
    ]
    if any(kept):
        yield "kept", ", ".join(part for part in kept if part)
    if job.files:
        yield "files", ", ".join(job.files)
    yield "changed", full_clock(job.updated_at)
