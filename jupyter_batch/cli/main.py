"""Reads the arguments, runs the command, and turns errors into messages and exit codes."""

from __future__ import annotations

import argparse
import io
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import cache, partial

from rich.text import Text

from jupyter_batch import __version__, errors
from jupyter_batch.cli import backup, doctor, image, importing, jobs, schedule, serve, sweeps
from jupyter_batch.cli import query as asking
from jupyter_batch.cli import run as submitting
from jupyter_batch.cli import run_actions as acting
from jupyter_batch.cli import runs as listing
from jupyter_batch.cli import show as showing
from jupyter_batch.cli.arguments import BAD_INPUT, NOT_SUCCEEDED, HelpFormatter, Parser, UsageError
from jupyter_batch.cli.console import TerminalConsole, clean
from jupyter_batch.cli.parameters import join_parameters
from jupyter_batch.cli.session import Session
from jupyter_batch.client.client import Client
from jupyter_batch.domain.plain_text import plain_line
from jupyter_batch.errors import BatchError

_INTERRUPTED = 130
#: Errors that the caller can fix.
_BAD_INPUT = (
    errors.InvalidInput,
    errors.NotAllowed,
    errors.NotFound,
    errors.Conflict,
    errors.ImageNotFound,
    errors.ImageUnusable,
)
#: Width of tables that go to a file or another program.
_WIDTH = 200

_EPILOG = """\
start here:
  jupyter batch doctor                          check this machine's set-up
  jupyter batch run report.ipynb -p alpha 0.5   run a notebook with a parameter
  jupyter batch runs                            list runs, newest first
  jupyter batch show last                       show all about the newest run
  jupyter batch schedule report.ipynb --cron "0 6 * * mon-fri" --timezone Europe/Amsterdam
  jupyter batch COMMAND --help                  more examples

RUN is a run's id, the end or the beginning of one, or 'last'."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; returns its exit code: 0, 1 for what did not succeed, 2 for bad input."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # What the terminal's encoding does not have must not be the end of the command.
            stream.reconfigure(errors="backslashreplace")
    out = TerminalConsole(file=sys.stdout, highlight=False, markup=False)
    err = TerminalConsole(file=sys.stderr, highlight=False, markup=False)
    for console in (out, err):
        if not console.is_terminal:
            console.width = _WIDTH
    return run(given, out=out, err=err)


def run(
    given: Sequence[str],
    *,
    out: TerminalConsole,
    err: TerminalConsole,
    client: Client | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> int:
    """Runs a command with the given consoles and client."""
    session: Session | None = None
    try:
        _check_arguments(given)
        args = build_parser().parse_args(join_parameters(given))
        connect = partial(_connect, args) if client is None else lambda: client
        session = Session(connect=connect, out=out, err=err, as_json=args.json, sleep=sleep)
        code: int = args.run(args, session)
        return code
    except BatchError as error:
        _show_error(error, out, err, as_json="--json" in given)
        return BAD_INPUT if isinstance(error, _BAD_INPUT) else NOT_SUCCEEDED
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # The reader has closed the pipe; the exit must not fail on unwritten output.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_SUCCEEDED
    except OSError as error:
        _show_error(_of_the_system(error), out, err, as_json="--json" in given)
        return NOT_SUCCEEDED
    finally:
        if session is not None:
            session.close()


@cache
def build_parser() -> argparse.ArgumentParser:
    """Returns the parser of all commands."""
    parser = Parser(
        prog="jupyter batch",
        description="Run parameterized notebooks in containers, and keep a record of every cell.",
        epilog=_EPILOG,
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"jupyter_batch {__version__}")
    commands = parser.add_subparsers(
        title="commands", metavar="COMMAND", required=True, parser_class=Parser
    )
    for module in (
        submitting,
        sweeps,
        listing,
        showing,
        acting,
        asking,
        schedule,
        jobs,
        image,
        backup,
        importing,
        doctor,
        serve,
    ):
        module.add(commands)
    return parser


def _check_arguments(given: Sequence[str]) -> None:
    """Raises UsageError for what is not text: Python hands it on as lone surrogates."""
    for number, argument in enumerate(given, 1):
        try:
            argument.encode()
        except UnicodeEncodeError as error:
            raise UsageError(
                f"argument {number}, {plain_line(argument)!r}, is not text in UTF-8; a file with "
                "such a name has to be renamed, or linked to by another"
            ) from error


def _connect(args: argparse.Namespace) -> Client:
    url = args.url or os.environ.get("JUPYTER_BATCH_URL") or None
    token = args.token or os.environ.get("JUPYTER_BATCH_TOKEN", "")
    if args.data and url:
        raise UsageError("give --data or --url, not both")
    if args.cacert and not url:
        raise UsageError("--cacert goes with --url; this machine's owner is trusted by its file")
    return Client(url=url, token=token, data_dir=args.data, cacert=args.cacert)


def _show_error(
    error: BatchError, out: TerminalConsole, err: TerminalConsole, *, as_json: bool
) -> None:
    if as_json:
        body = {"code": error.code, "message": error.message, "details": error.details}
        Session(connect=Client, out=out, err=err, as_json=True).answer(body)
        return
    err.print(clean(Text.assemble(("error: ", "bold red"), error.message)), soft_wrap=True)
    usage = error.details.get("usage")
    if usage:
        err.print(Text(f"{str(usage).strip()}\nmore with --help", style="dim"), soft_wrap=True)
    elif (field := error.details.get("field")) and str(field) not in error.message:
        err.print(Text(plain_line(f"  where: {field}"), style="dim"), soft_wrap=True)


def _of_the_system(error: OSError) -> BatchError:
    where = f"{error.filename}: " if error.filename else ""
    return BatchError(f"{where}{error.strerror or error}")
