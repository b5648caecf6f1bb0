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
        help="cron expression: five fields as in Debian's cron, or a nickname such as @daily. May be repeated",
    )
    group.add_argument(
        "--every", metavar="TIME", help="run at this interval, such as 90, 15m or 2h"
    )
    group.add_argument(
        "--at", metavar="INSTANT", help="run once at this time, such as 2026-12-24T18:00"
    )
    group.add_argument(
        "--timezone",
        metavar="ZONE",
        help="such as Europe/Amsterdam, for cron texts and instants without an offset (default: "
        "the job's; else UTC for cron texts and this machine's for other instants)",
    )
    group.add_argument("--start", metavar="INSTANT", help="no runs before this time")
    group.add_argument("--end", metavar="INSTANT", help="no runs after this time")
    group.add_argument("--max-runs", type=int, metavar="N", help="make at most N runs in total")
    group.add_argument(
        "--jitter", metavar="TIME", help="delay each start by a random time of up to TIME"
    )
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
        help="policy for missed times (default: latest)",
    )
    group.add_argument(
        "--catch-up-window", metavar="TIME", help="missed times older than this never run (7d)"
    )
    group.add_argument(
        "--start-deadline", metavar="TIME", help="skip a run that would start later than this"
    )
    group.add_argument(
        "--gap",
        choices=["run", "skip"],
        help="policy for local times skipped by a change of clocks",
    )
    group.add_argument(
        "--repeat",
        choices=["first", "both", "last"],
        help="policy for local times repeated by a change of clocks",
    )


def add_policies(parser: argparse.ArgumentParser) -> None:
    """Adds how runs are treated."""
    group = parser.add_argument_group("policies")
    group.add_argument(
        "--overlap",
        choices=[str(policy) for policy in OverlapPolicy],
        help="policy while another run of the job is unfinished (default: skip; allow for jobs with no schedule)",
    )
    group.add_argument("--retries", type=int, metavar="N", help="number of retries (default: 0)")
    group.add_argument(
        "--pause-after-failures", type=int, metavar="N", help="pause after N failures in a row"
    )
    group.add_argument("--run-timeout", metavar="TIME", help="time limit of all attempts together")
    group.add_argument(
        "--queue-timeout", metavar="TIME", help="skip a run that waits longer than this"
    )
    group.add_argument("--keep-runs", type=int, metavar="N", help="keep the job's N newest runs")
    group.add_argument(
        "--keep-days",
        type=float,
        metavar="DAYS",
        help="keep the job's runs this long; its newest success is always kept",
    )
    group.add_argument(
        "--source",
        choices=["latest", "pinned"],
        help="run the notebook as it is on disk at the time (latest), or as it is now (pinned)",
    )


def schedule_of(args: argparse.Namespace) -> ScheduleOptions:
    """Returns the options that were given."""
    values = {name: getattr(args, name, None) for name in ScheduleOptions.__annotations__}
    given: Any = {name: value for name, value in values.items() if value is not None}
    options: ScheduleOptions = given
    return options
