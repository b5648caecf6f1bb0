"""``doctor``: checks whether everything works on this machine, and gives advice."""

from __future__ import annotations

import argparse
from typing import Any

from rich.text import Text

from jupyter_batch.cli.arguments import NOT_SUCCEEDED, SUCCEEDED, add_command
from jupyter_batch.cli.doctor_checks import Diagnostic, Place, all_diagnostics
from jupyter_batch.cli.session import Session
from jupyter_batch.cli.subprocesses import folder_of

_LOOKS = {"ok": ("✓", "green"), "warn": ("!", "yellow"), "fail": ("✗", "bold red")}


def add(commands: Any) -> None:
    """Adds the command."""
    add_command(
        commands,
        "doctor",
        examine,
        help="check this machine's set-up, and advise what to mend",
        epilog="  jupyter batch doctor\n  jupyter batch doctor --json | jq '.findings[]'\n\n"
        "exit codes: 0 everything needed works, 1 something does not.",
    )


def examine(args: argparse.Namespace, session: Session) -> int:
    """Runs all checks and shows their results."""
    place = Place(data_dir=folder_of(args.data), connect=lambda: session.client)
    found: list[Diagnostic] = []
    for finding in all_diagnostics(place):
        found.append(finding)
        if not session.as_json:
            _show(finding, session)
    bad = [finding for finding in found if finding.level == "fail"]
    if session.as_json:
        session.answer({"ok": not bad, "findings": found})
    elif bad:
        session.print("", f"{len(bad)} of {len(found)} checks failed")
    else:
        session.print("", "ready; try: jupyter batch run NOTEBOOK")
    return NOT_SUCCEEDED if bad else SUCCEEDED


def _show(finding: Diagnostic, session: Session) -> None:
    symbol, style = _LOOKS[finding.level]
    head = Text.assemble((f"{symbol} {finding.level:<5}", style), f"{finding.what:<12} ")
    first, *rest = finding.message.splitlines() or [""]
    session.print(head.append(first, style="default"))
    for line in rest:
        session.print(Text(f"{'':<20}{line}", style="dim"))
    if finding.advice:
        session.print(Text(f"{'':<20}→ {finding.advice}", style="cyan"))
