"""Arguments about when a job runs."""

from __future__ import annotations

import argparse
from typing import Any

from jupyter_batch.client.arguments.schedules import ScheduleOptions
from jupyter_batch.domain.overlap import OverlapPolicy
from jupyter_batch.domain.schedule.trigger import MissedPolicy


def add_schedule(parser: argparse.ArgumentParser) -> None:
    """Adds what makes a trigger."""
    group = parser.add_argument_group("schedule")
    group.add_argument(
        "--cron",
        action="append",
        metavar="TEXT",
        help="five fields as in Debian's cron, or such as @daily. May be repeated",
    )
    group.add_argument("--every", metavar="TIME", help="such as 90, 15m or 2h")
    group.add_argument("--at", metavar="INSTANT", help="once, such as 2026-12-24T18:00")
    group.add_argument(
        "--timezone",
        metavar="ZONE",
        help="such as Europe/Amsterdam, for cron texts and instants without an offset (default: "
        "the job's; else UTC for cron texts and this machine's for other instants)",
    )
    group.add_argument("--start", metavar="INSTANT", help="nothing runs before")
    group.add_argument("--end", metavar="INSTANT", help="nothing runs after")
    group.add_argument("--max-runs", type=int, metavar="N", help="at most so many runs in all")
    group.add_argument("--jitter", metavar="TIME", help="put each start off by a part of this")
    group.add_argument(
        "--exclude",
        dest="excluded_dates",
        action="append",
        metavar="DATE",
        help="a local date without runs, such as 2026-12-25. May be repeated",
    )
    group.add_argument(
        "--missed",
        choices=[str(policy) for policy in MissedPolicy],
        help="what runs of the times that were missed (default: latest)",
    )
    group.add_argument("--catch-up-window", metavar="TIME", help="older ones never run (7d)")
    group.add_argument("--start-deadline", metavar="TIME", help="skip a run that starts later")
    group.add_argument("--gap", choices=["run", "skip"], help="local times that clocks leave out")
    group.add_argument(
        "--repeat", choices=["first", "both", "last"], help="local times that clocks repeat"
    )


def add_policies(parser: argparse.ArgumentParser) -> None:
    """Adds how runs are treated."""
    group = parser.add_argument_group("policies")
    group.add_argument(
        "--overlap",
        choices=[str(policy) for policy in OverlapPolicy],
        help="when a run of the job is not done (default: skip; allow for jobs with no schedule)",
    )
    group.add_argument("--retries", type=int, metavar="N", help="try again so often (default: 0)")
    group.add_argument(
        "--pause-after-failures", type=int, metavar="N", help="pause after N failures in a row"
    )
    group.add_argument("--run-timeout", metavar="TIME", help="of all attempts together")
    group.add_argument("--queue-timeout", metavar="TIME", help="skip a run that waits longer")
    group.add_argument("--keep-runs", type=int, metavar="N", help="keep its N newest runs")
    group.add_argument(
        "--keep-days",
        type=float,
        metavar="DAYS",
        help="keep its runs so long; its newest success is always kept",
    )
    group.add_argument(
        "--source",
        choices=["latest", "pinned"],
        help="the notebook on disk at the time (latest), or as it is now (pinned)",
    )


def schedule_of(args: argparse.Namespace) -> ScheduleOptions:
    """Returns the options that were given."""
    values = {name: getattr(args, name, None) for name in ScheduleOptions.__annotations__}
    given: Any = {name: value for name, value in values.items() if value is not None}
    options: ScheduleOptions = given
    return options
