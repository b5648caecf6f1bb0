"""``show``: shows all facts about one run."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any

import msgspec
from rich.console import RenderableType
from rich.text import Text

from jupyter_batch.cli.arguments import SUCCEEDED, add_command
from jupyter_batch.cli.formatting import (
    cpus,
    first_line,
    full_clock,
    progress_line,
    short,
    state_text,
)
from jupyter_batch.cli.session import Session
from jupyter_batch.cli.summary import error_lines
from jupyter_batch.client.arguments.units import duration, size
from jupyter_batch.client.run import Run
from jupyter_batch.domain.plain_text import plain_text
from jupyter_batch.wire.responses import CellAnswer
from jupyter_batch.wire.results import ResultAnswer

_VALUE_SHOWN = 100

_EXAMPLES = """\
  jupyter batch show last
  jupyter batch show 8h2k9qwe
  jupyter batch show last --json | jq .cell_records"""


def add(commands: Any) -> None:
    """Adds the command."""
    parser = add_command(
        commands, "show", show_run, help="show all about one run", epilog=_EXAMPLES
    )
    parser.add_argument("target", metavar="RUN", help="its id, the end of one, or 'last'")
    parser.add_argument("--attempt", type=int, metavar="N", help="show the cells of this attempt")


def show_run(args: argparse.Namespace, session: Session) -> int:
    """Shows a run with its attempts and cells."""
    run = session.find_run(args.target)
    cells = run.cells(args.attempt)
    if session.as_json:
        session.answer(
            {
                **run.to_dict(),
                "cell_records": msgspec.to_builtins(cells),
                "results": run.result_answers(args.attempt),
            }
        )
        return SUCCEEDED
    session.print(Text.assemble(state_text(run.state), "  ", (run.name, "bold"), f"  {run.id}"))
    if run.reason:
        session.print(f"  {plain_text(run.reason)}")
    for title, value in _facts(run):
        session.print(f"  {title:<12} {value}")
    if len(run.attempts) > 1:
        session.print("", Text("attempts", style="bold"))
        session.table((">NO", "STATE", ">TOOK", ">EXIT", ">MEMORY", "~WHY"), _attempts(run))
    if cells:
        session.print("", Text("cells", style="bold"))
        session.table((">NO", "STATE", ">TOOK", "~CELL"), (_cell(cell) for cell in cells))
    _show_progress_and_results(run, args.attempt, session)
    error = list(error_lines(run, colours=session.out.is_terminal))
    if error:
        session.print("", Text("error", style="bold"), *error)
    if run.artifacts:
        session.print("", Text("artifacts", style="bold"))
        for artifact in run.artifacts:
            session.print(f"  {artifact.path} ({size(artifact.size_bytes)})")
    session.note(
        f"\nnotebook: jupyter batch export {short(run.id)} --output FILE.ipynb"
        f"\nlog:      jupyter batch logs {short(run.id)}",
        style="dim",
    )
    return SUCCEEDED


def _show_progress_and_results(run: Run, attempt: int | None, session: Session) -> None:
    """Shows the progress of its loops, and its results."""
    if run.progress:
        session.print("", Text("progress", style="bold"))
        for loop in run.progress:
            session.print(f"  {plain_text(progress_line(loop))}")
    results = run.result_answers(attempt)
    if results:
        session.print("", Text("results", style="bold"))
        for result in results:
            session.print(f"  {plain_text(result.name)} = {plain_text(_value(result))}")


def _value(result: ResultAnswer) -> str:
    if result.omitted or result.type in ("table", "parquet"):
        return f"({result.type} of {result.size:,} characters)"
    text = bytes(result.value).decode()
    return text if len(text) <= _VALUE_SHOWN else f"{text[:_VALUE_SHOWN]}…"


def _facts(run: Run) -> Iterator[tuple[str, str]]:
    environment = run.environment
    yield "notebook", run.notebook_ref.path
    for number, (name, value) in enumerate(run.parameters.items()):
        shown = json.dumps(value, ensure_ascii=False)
        yield ("parameters" if number == 0 else ""), f"{name} = {shown}"
    where = environment.executor or "?"
    yield "where", f"{where}, image {environment.image}" if environment.image else where
    limits = [
        cpus(environment.cpus),
        f"{size(environment.memory_bytes)} memory" if environment.memory_bytes else "",
        f"{environment.gpus} gpus" if environment.gpus > 0 else "",
        f"timeout {duration(run.timeout_seconds)}" if run.timeout_seconds else "",
    ]
    if any(limits):
        yield "limits", ", ".join(limit for limit in limits if limit)
    if environment.env:
        yield "env", ", ".join(f"{name}={value}" for name, value in environment.env.items())
    if environment.secrets:
        yield "secrets", ", ".join(environment.secrets)
    yield "created", f"{full_clock(run.created_at)} by {run.created_by} ({run.trigger})"
    if run.nominal_at:
        yield "for", full_clock(run.nominal_at)
    if run.started_at:
        yield "started", full_clock(run.started_at)
    if run.finished_at:
        yield "finished", full_clock(run.finished_at) + _after(run)
    attempt = run.attempts[-1] if run.attempts else None
    if attempt is not None and attempt.peak_memory_bytes:
        used = f"{size(attempt.peak_memory_bytes)} memory at most"
        cpu = attempt.cpu_seconds
        yield "used", used + (f", {duration(cpu)} of cpu" if cpu is not None else "")


def _after(run: Run) -> str:
    """Returns ``, after 6.1 s``; of a run that was tried again also the time with the waits."""
    took, whole = run.duration_seconds, run.elapsed_seconds
    if took is None:
        return ""
    if len(run.attempts) < 2:
        return f", after {duration(took)}"
    return f", after {duration(took)} in {len(run.attempts)} attempts, {duration(whole)} with the waits"


def _attempts(run: Run) -> Iterator[Iterator[RenderableType]]:
    for attempt in run.attempts:
        took = (
            (attempt.finished_at - attempt.started_at).total_seconds()
            if attempt.started_at and attempt.finished_at
            else None
        )
        yield iter(
            (
                str(attempt.attempt_no),
                state_text(attempt.state),
                duration(took),
                "" if attempt.exit_code is None else str(attempt.exit_code),
                size(attempt.peak_memory_bytes),
                plain_text(attempt.reason or ""),
            )
        )


def _cell(cell: CellAnswer) -> Iterator[RenderableType]:
    took = (
        (cell.finished_at - cell.started_at).total_seconds()
        if cell.started_at and cell.finished_at and cell.cell_type == "code"
        else None
    )
    yield str(cell.cell_index + 1)
    yield (
        state_text(cell.state)
        if cell.cell_type == "code"
        else Text(f"  {cell.cell_type}", style="dim")
    )
    yield duration(took)
    yield Text(first_line(cell.source, 80), style="" if cell.cell_type == "code" else "dim")
