"""``run`` and ``submit``: a notebook, now."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from jupyter_batch.cli.arguments import (
    NOT_SUCCEEDED,
    SUCCEEDED,
    add_command,
    add_options,
    add_parameters,
    options_of,
    parameters_of,
)
from jupyter_batch.cli.files import check_folder, check_notebook_file, save_artifacts, save_notebook
from jupyter_batch.cli.formatting import short
from jupyter_batch.cli.live_view import View, view_of
from jupyter_batch.cli.parameters import send_typed
from jupyter_batch.cli.session import Session
from jupyter_batch.cli.summary import summary
from jupyter_batch.client.run import Run, never_started
from jupyter_batch.errors import Conflict

_INTERRUPTED = 130

_RUN_EXAMPLES = """\
  jupyter batch run report.ipynb
  jupyter batch run report.ipynb -p alpha 0.5 -p name "x" --memory 512m --timeout 10m
  jupyter batch run report.ipynb --file 'lib/*.py' --output out.ipynb
  jupyter batch run report.ipynb -y values.yaml --json | jq .state

exit codes: 0 it succeeded, 1 it did not, 2 bad input (there is no run).
Ctrl-C cancels the run and waits for its end; a second Ctrl-C returns at once."""

_SUBMIT_EXAMPLES = """\
  jupyter batch submit report.ipynb -p alpha 0.5
  jupyter batch logs -f last"""


def add(commands: Any) -> None:
    """Adds both commands."""
    run = add_command(
        commands,
        "run",
        run_notebook,
        help="run a notebook in its own container and wait for it to finish",
        epilog=_RUN_EXAMPLES,
    )
    run.add_argument("notebook", help="a notebook file")
    add_parameters(run)
    run.add_argument(
        "-o", "--output", metavar="FILE", help="write the executed notebook here (.ipynb or .html)"
    )
    run.add_argument("--artifacts", metavar="DIR", help="write the run's artifacts into a folder")
    run.add_argument("-q", "--quiet", action="store_true", help="show no progress")
    add_options(run)
    submit = add_command(
        commands,
        "submit",
        submit_notebook,
        help="queue a notebook and return at once",
        epilog=_SUBMIT_EXAMPLES,
    )
    submit.add_argument("notebook", help="a notebook file")
    add_parameters(submit)
    add_options(submit)


def run_notebook(args: argparse.Namespace, session: Session) -> int:
    """Runs a notebook and shows how it goes."""
    if args.output:
        check_notebook_file(args.output)
    if args.artifacts:
        check_folder(Path(args.artifacts), "artifacts")
    run = _submitted(args, session)
    if args.quiet:
        left = _until_over(run, None)
    else:
        with view_of(run, session.err) as view:
            left = _until_over(run, view)
    if left:
        session.note(
            f"The run goes on without you. Look at it with: jupyter batch show {short(run.id)}; "
            f"end it with: jupyter batch cancel {short(run.id)}"
        )
        if session.as_json:
            session.answer(run.refresh().to_dict())
        return _INTERRUPTED
    saved = save_notebook(run, args.output) if args.output else None
    files = save_artifacts(run, Path(args.artifacts)) if args.artifacts else None
    if session.as_json:
        session.answer(run.to_dict())
    else:
        session.print(*summary(run, saved=saved, files=files, colours=session.out.is_terminal))
    if saved is not None and (said := never_started(run)) is not None:
        session.note(f"note: {said}")
    for failure in files.failures if files else ():
        session.note(f"not saved: {failure}", style="red")
    all_is_well = run.succeeded and not (files and files.failures)
    return SUCCEEDED if all_is_well else NOT_SUCCEEDED


def submit_notebook(args: argparse.Namespace, session: Session) -> int:
    """Queues a notebook and says how to go on from there."""
    run = _submitted(args, session)
    if session.as_json:
        session.answer(run.to_dict())
        return SUCCEEDED
    session.print(f"queued {run.name} as run {run.id}")
    session.note(
        f"look at it:  jupyter batch show {short(run.id)}\n"
        f"follow it:   jupyter batch logs -f {short(run.id)}\n"
        f"end it:      jupyter batch cancel {short(run.id)}",
        style="dim",
    )
    return SUCCEEDED


def _submitted(args: argparse.Namespace, session: Session) -> Run:
    options = options_of(args)
    return send_typed(
        parameters_of(args),
        args.typed,
        lambda values: session.client.runs.submit(args.notebook, values, **options),
    )


def _until_over(run: Run, view: View | None) -> bool:
    """Follows a run to its end; returns whether the user has left before.

    The first Ctrl-C asks for the run to be cancelled, the second leaves.
    """
    interrupted, asked, last = False, False, 0
    while True:
        try:
            if interrupted and not asked:
                asked = True
                if view is not None:
                    view.note("cancelling; press Ctrl-C again to leave the run to itself")
                _cancel(run)
            for event in run.follow(after=last, outputs=False):
                last = event.event_id or last
                if view is not None:
                    view.show(event)
            return False
        except KeyboardInterrupt:
            if interrupted:
                return True
            interrupted = True


def _cancel(run: Run) -> None:
    try:
        run.cancel()
    except Conflict:
        pass  # It has just ended by itself.
