"""Summarises an ended run in a few lines, with the next steps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.text import Text

from jupyter_batch.cli.console import coloured
from jupyter_batch.cli.files import SavedFiles
from jupyter_batch.cli.formatting import first_line, short, state_text
from jupyter_batch.client.arguments.units import duration, size
from jupyter_batch.client.run import Run
from jupyter_batch.domain.plain_text import plain_text

#: The number of lines of a traceback that are shown.
_TRACEBACK = 12


def summary(
    run: Run, *, saved: Path | None, files: SavedFiles | None, colours: bool
) -> Iterator[Text]:
    """Yields the lines."""
    lasted = f" in {duration(run.duration_seconds)}" if run.duration_seconds is not None else ""
    yield Text.assemble(state_text(run.state), f"{lasted}  {run.name}  ", (run.id, "dim"))
    if run.reason:
        yield Text(f"  {plain_text(run.reason)}")
    yield from error_lines(run, colours=colours)
    count = run.cell_count
    if count.total:
        failed = f", {count.failed} failed" if count.failed else ""
        yield Text(f"  cells      {count.done} of {count.total} done{failed}")
    yield from _artifact_lines(run, files)
    if saved is not None:
        yield Text(f"  notebook   {saved}")
    else:
        yield _next("notebook", f"jupyter batch export {short(run.id)} --output FILE.ipynb")
    if run.artifacts and files is None:
        yield _next("save them", f"jupyter batch export {short(run.id)} --artifacts DIR")
    if not run.succeeded:
        yield _next("the log", f"jupyter batch logs {short(run.id)}")
        yield _next("again", f"jupyter batch retry {short(run.id)}")
    else:
        yield _next("details", f"jupyter batch show {short(run.id)}")


def _artifact_lines(run: Run, files: SavedFiles | None) -> Iterator[Text]:
    """Yields the artifacts; where each was saved, if they were."""
    if files is None:
        lines = [f"{artifact.path} ({size(artifact.size_bytes)})" for artifact in run.artifacts]
    else:
        lines = [f"{path} ({size(path.stat().st_size)})" for path in files.paths]
    title = "artifacts" if files is None else "saved"
    for number, line in enumerate(lines):
        yield Text(f"  {title if number == 0 else '':<10} {line}")


def error_lines(run: Run, *, colours: bool) -> Iterator[Text]:
    """Yields the failing cell, unless the reason has named it, and the end of its traceback."""
    error = run.error
    if error is None:
        return
    if f"cell {error.cell_index + 1} " not in f"{run.reason or ''} ":
        yield Text.assemble(
            f"  cell {error.cell_index + 1}: ",
            (f"{plain_text(error.ename)}: {first_line(error.evalue, 200)}", "bold red"),
        )
    lines = "\n".join(error.traceback).splitlines()
    if len(lines) > _TRACEBACK:
        yield Text(f"    … {len(lines) - _TRACEBACK} lines more above", style="dim")
    for line in lines[-_TRACEBACK:]:
        yield Text.assemble("    ", coloured(line, colours=colours))


def _next(title: str, command: str) -> Text:
    return Text.assemble(f"  {title:<10} ", (command, "cyan"))
