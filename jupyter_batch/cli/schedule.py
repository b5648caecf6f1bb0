"""``schedule``, ``pause``, ``resume``, ``trigger``, ``edit``, ``upcoming`` and ``backfill``."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

from jupyter_batch.cli.arguments import (
    SUCCEEDED,
    UsageError,
    add_command,
    add_options,
    add_parameters,
    options_of,
    parameters_of,
)
from jupyter_batch.cli.formatting import plural
from jupyter_batch.cli.jobs import add_edit, add_trigger
from jupyter_batch.cli.parameters import send_typed
from jupyter_batch.cli.schedule_arguments import (
    add_policies,
    add_schedule,
    schedule_of,
)
from jupyter_batch.cli.session import Session, local_or_instant
from jupyter_batch.client.arguments.instants import datetime_of, instant_of
from jupyter_batch.client.arguments.schedules import TRIGGER_OPTIONS
from jupyter_batch.client.client import NO_LASTING_OWNER
from jupyter_batch.client.job import Job
from jupyter_batch.domain.schedule.cron_sentence import join
from jupyter_batch.domain.schedule.sentence import sentence
from jupyter_batch.domain.schedule.trigger import CronTrigger
from jupyter_batch.domain.schedule.trigger_check import check_trigger
from jupyter_batch.domain.schedule.upcoming import upcoming
from jupyter_batch.errors import InvalidInput
from jupyter_batch.wire.schedules import Upcoming

_MOST = 1000


def add(commands: Any) -> None:
    """Adds the commands."""
    schedule = add_command(
        commands,
        "schedule",
        schedule_job,
        help="run a notebook on a schedule",
        epilog='  jupyter batch schedule report.ipynb --cron "0 6 * * mon-fri" '
        "--timezone Europe/Amsterdam -p alpha 0.5 --retries 3\n"
        "  jupyter batch schedule report.ipynb --every 15m --overlap replace\n"
        "  jupyter batch schedule report.ipynb --at 2026-12-24T18:00",
    )
    schedule.add_argument("notebook", help="a notebook file below the server's folder")
    schedule.add_argument("--description", help="free text")
    schedule.add_argument(
        "--replace", action="store_true", help="replace an existing job of that name"
    )
    schedule.add_argument(
        "--max-concurrent", type=int, metavar="N", help="run at most N of the job's runs at once"
    )
    add_schedule(schedule)
    add_policies(schedule)
    add_parameters(schedule)
    add_options(schedule)
    pause = add_command(
        commands,
        "pause",
        pause_jobs,
        help="pause the schedules of jobs",
        epilog="  jupyter batch pause nightly --reason 'the source is being moved'",
    )
    pause.add_argument("jobs", metavar="JOB", nargs="+", help="name or id")
    pause.add_argument("--reason", default="", help="free text")
    resume = add_command(
        commands,
        "resume",
        resume_jobs,
        help="resume the schedules of jobs; missed runs follow each job's policy",
        epilog="  jupyter batch resume nightly",
    )
    resume.add_argument("jobs", metavar="JOB", nargs="+", help="name or id")
    add_trigger(commands, inner=False)
    add_edit(commands, inner=False)
    _add_upcoming(commands)
    _add_backfill(commands)


def _add_upcoming(commands: Any) -> None:
    parser = add_command(
        commands,
        "upcoming",
        show_upcoming,
        help="show the next times of a job or of a cron expression",
        epilog="  jupyter batch upcoming nightly\n"
        '  jupyter batch upcoming --cron "30 2 * * *" --timezone America/New_York '
        "--after 2026-03-07T12:00:00Z --count 3 --json",
    )
    parser.add_argument("job", nargs="?", help="name or id")
    parser.add_argument(
        "--cron", metavar="TEXT", help="cron expression: five fields, or a nickname such as @daily"
    )
    parser.add_argument("--timezone", metavar="ZONE", help="such as Europe/Amsterdam")
    parser.add_argument(
        "--after",
        metavar="INSTANT",
        help="start from this time; without an offset, in the schedule's zone (default: now)",
    )
    parser.add_argument("--count", type=int, default=5, metavar="N", help="default: 5")


def _add_backfill(commands: Any) -> None:
    backfill = add_command(
        commands,
        "backfill",
        backfill_job,
        help="run a job for past times of its schedule",
        epilog="  jupyter batch backfill nightly --from 2026-10-01 --to 2026-11-01 "
        "--max-concurrent 2",
    )
    backfill.add_argument("job", help="name or id")
    backfill.add_argument(
        "--from",
        dest="since",
        required=True,
        metavar="INSTANT",
        help="first time; without an offset, in the zone of the job's schedule",
    )
    backfill.add_argument(
        "--to", dest="until", metavar="INSTANT", help="end of the range, exclusive (default: now)"
    )
    backfill.add_argument(
        "--max-concurrent", type=int, default=1, metavar="N", help="at once (default: 1)"
    )
    add_parameters(backfill)


def schedule_job(args: argparse.Namespace, session: Session) -> int:
    """Makes a job with triggers."""
    if not any(getattr(args, name) for name in TRIGGER_OPTIONS):
        raise UsageError(
            f"give a schedule: {join([f'--{name}' for name in TRIGGER_OPTIONS], 'or')}"
        )
    options, schedule = options_of(args), schedule_of(args)
    jobs = session.client.jobs
    make = jobs.put if args.replace else jobs.create
    job = send_typed(
        parameters_of(args),
        args.typed,
        lambda values: make(
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
        return SUCCEEDED
    session.print(f"made job {job.name}: {job.sentence}")
    for found in job.upcoming(3).instants:
        session.print(_line(found.local, found.note))
    for note in job.notes:
        session.note(f"note: {note}", style="yellow")
    _warn_of_on_demand_owner(session)
    return SUCCEEDED


def pause_jobs(args: argparse.Namespace, session: Session) -> int:
    """Pauses jobs."""
    jobs = [session.client.jobs.get(name) for name in args.jobs]
    _report([job.pause(args.reason) for job in jobs], session)
    return SUCCEEDED


def resume_jobs(args: argparse.Namespace, session: Session) -> int:
    """Resumes jobs."""
    jobs = [session.client.jobs.get(name) for name in args.jobs]
    _report([job.resume() for job in jobs], session)
    return SUCCEEDED


def show_upcoming(args: argparse.Namespace, session: Session) -> int:
    """Shows the next instants; those of a cron text without asking a server."""
    if (args.job is None) == (args.cron is None):
        raise UsageError("name a job, or give --cron")
    if not 1 <= args.count <= _MOST:
        raise InvalidInput(f"count is from 1 to {_MOST}", field="count")
    after = None if args.after is None else datetime_of(args.after, "after")
    if args.job is not None:
        if args.timezone:
            raise UsageError("--timezone goes with --cron; a job has its own")
        answer = session.client.jobs.upcoming(args.job, args.count, after=after)
    else:
        trigger = CronTrigger(cron=args.cron, timezone=args.timezone or "UTC")
        check_trigger(trigger)
        since = None if after is None else instant_of(after, "after", zone=trigger.timezone)
        instants = upcoming(trigger, since or datetime.now(UTC), args.count)
        answer = Upcoming(sentence=sentence(trigger), instants=instants)
    if session.as_json:
        session.answer(answer)
        return SUCCEEDED
    session.print(answer.sentence or "it has no schedule")
    for found in answer.instants:
        session.print(_line(found.local, found.note))
    return SUCCEEDED


def backfill_job(args: argparse.Namespace, session: Session) -> int:
    """Backfills a job."""
    since = local_or_instant(args.since, "from")
    until = local_or_instant(args.until, "to") or datetime.now(UTC)
    assert since is not None
    job = session.client.jobs.get(args.job)
    report = send_typed(
        parameters_of(args),
        args.typed,
        lambda values: job.backfill(
            since, until, max_concurrent=args.max_concurrent, parameters=values
        ),
    )
    if session.as_json:
        session.answer(report)
        return SUCCEEDED
    session.print(f"queued {plural(report.made, 'run')} of {job.name}, as backfill {report.id}")
    for span in report.spans:
        since_told = _line(span.since, span.since_note).strip()
        until_told = _line(span.until, span.until_note).strip()
        session.print(f"  from {since_told} to {until_told}, {span.timezone}")
    if report.succeeded_before or report.unfinished_before:
        session.note(
            f"left out: {report.succeeded_before} succeeded before, "
            f"{report.unfinished_before} wait or run",
            style="dim",
        )
    return SUCCEEDED


def _line(local: str, note: str | None) -> str:
    return f"  {local}" + (f"  ({note})" if note else "")


def _report(jobs: list[Job], session: Session) -> None:
    if session.as_json:
        session.answer({"items": [job.to_dict() for job in jobs]})
        return
    for job in jobs:
        if job.paused:
            session.print(f"{job.name}: {job.paused_reason}")
            continue
        following = job.upcoming(1).instants
        session.print(f"{job.name}: next at {following[0].local if following else 'no time'}")


def _warn_of_on_demand_owner(session: Session) -> None:
    owner = session.client.health().get("owner") or {}
    if owner.get("kind") == "on_demand":
        session.note(f"note: {NO_LASTING_OWNER}", style="yellow")
