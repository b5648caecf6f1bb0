"""Arguments that several commands share."""

from __future__ import annotations

import argparse
import difflib
import re
import textwrap
from collections.abc import Callable
from typing import Any

from jupyter_batch.cli.parameters import read_file, typed_parameter
from jupyter_batch.cli.session import Session
from jupyter_batch.client.arguments.options import RunOptions
from jupyter_batch.domain.executor_kinds import executor_help
from jupyter_batch.errors import InvalidInput

#: Does a command's work; returns the exit code.
Command = Callable[[argparse.Namespace, Session], int]

_UNKNOWN_COMMAND = re.compile(
    r"argument COMMAND: invalid choice: '(?P<name>[^']*)' \(choose from (?P<choices>.*)\)"
)

SUCCEEDED, NOT_SUCCEEDED, BAD_INPUT = 0, 1, 2


class UsageError(InvalidInput):
    """The arguments do not fit the command."""


class HelpFormatter(argparse.HelpFormatter):
    """Wraps prose to the width of the terminal, and keeps the lines of examples."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n\n".join(
            part if "\n  " in part else textwrap.fill(part, width, initial_indent=indent)
            for part in text.split("\n\n")
        )


class Parser(argparse.ArgumentParser):
    """Raises UsageError, so that ``--json`` can have errors in its own form."""

    #: Adds what is to stand at the end of the help.
    add_last: Callable[[], None] | None = None

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Reads the arguments; an unknown one is an error with the nearest known flag."""
        if self.add_last is not None:
            add_last, self.add_last = self.add_last, None
            add_last()
        known, extra = super().parse_known_args(args, namespace)
        if extra:
            near = difflib.get_close_matches(extra[0].partition("=")[0], self._flags(), n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise UsageError(f"unknown argument {extra[0]}{hint}", usage=self.format_usage())
        return known, extra

    def error(self, message: str) -> Any:
        """Raises UsageError with the message and the usage."""
        unknown = _UNKNOWN_COMMAND.match(message)
        if unknown:
            choices = re.findall("'([^']+)'", unknown["choices"])
            near = difflib.get_close_matches(unknown["name"], choices, n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(choices)}"
            message = f"there is no command {unknown['name']!r}; {hint}"
        raise UsageError(message, usage=self.format_usage())

    def _flags(self) -> list[str]:
        return [flag for action in self._actions for flag in action.option_strings]


def add_command(
    commands: Any,
    name: str,
    run: Command,
    *,
    help: str,
    epilog: str = "",
    inner: bool = False,
) -> argparse.ArgumentParser:
    """Adds a command with the common arguments; ``inner`` marks a subcommand."""
    parser: Parser = commands.add_parser(
        name,
        help=help,
        description=f"{help[:1].upper()}{help[1:]}.",
        epilog=f"examples:\n{epilog}" if epilog else None,
        formatter_class=HelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(run=run)
    parser.add_last = lambda: _add_common(parser, inner)
    return parser


def _add_common(parser: argparse.ArgumentParser, inner: bool) -> None:
    # argparse lets the defaults of an inner command win over what was given before it.
    nothing: dict[str, Any] = {"default": argparse.SUPPRESS} if inner else {}
    group = parser.add_argument_group("everywhere")
    group.add_argument(
        "--json", action="store_true", help="write one JSON value to stdout", **nothing
    )
    group.add_argument(
        "--data",
        metavar="DIR",
        help="data folder (default: $JUPYTER_BATCH_DATA, else Jupyter's)",
        **nothing,
    )
    group.add_argument(
        "--url",
        help="URL of another Jupyter server, with its base URL ($JUPYTER_BATCH_URL)",
        **nothing,
    )
    group.add_argument("--token", help="token of that server ($JUPYTER_BATCH_TOKEN)", **nothing)
    group.add_argument(
        "--cacert",
        metavar="FILE",
        help="certificates of the authorities trusted for that server ($JUPYTER_BATCH_CACERT; "
        "default: the system's, or $SSL_CERT_FILE)",
        **nothing,
    )


def add_run_filters(parser: argparse.ArgumentParser) -> None:
    """Adds the filters of runs by time and text."""
    parser.add_argument(
        "--since", metavar="WHEN", help="created at or after this time: 2026-10-25, or 2h ago"
    )
    parser.add_argument("--until", metavar="WHEN", help="created before this time")
    parser.add_argument(
        "-q", "--query", metavar="TEXT", help="show runs with this text in name, path or id"
    )


def add_parameters(parser: argparse.ArgumentParser) -> None:
    """Adds ``-p`` and the file of parameters."""
    group = parser.add_argument_group("parameters")
    group.add_argument(
        "-p",
        "--parameter",
        dest="typed",
        action="append",
        default=[],
        type=typed_parameter,
        metavar="NAME VALUE",
        help="a parameter; the notebook's types decide how VALUE is read. May be repeated",
    )
    group.add_argument(
        "-y",
        "--parameters-file",
        action="append",
        default=[],
        metavar="FILE",
        help="a YAML or JSON file of parameters; later files and -p win",
    )


def add_options(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments about a run's environment and limits."""
    group = parser.add_argument_group("environment (the server's settings decide what is left out)")
    group.add_argument("--name", help="name of the run (default: the notebook's)")
    group.add_argument("--executor", help=f"an executor of the server: {executor_help()}")
    group.add_argument("--image", help="an image with papermill and a kernel")
    group.add_argument("--cpus", type=float, help="number of CPUs, such as 1 or 0.5")
    group.add_argument("--memory", help="memory limit, such as 512m or 2g")
    group.add_argument("--gpus", type=_gpus, metavar="N", help="number of GPUs, or 'all'")
    group.add_argument("--timeout", help="time limit of an attempt: seconds, or such as 10m or 2h")
    group.add_argument(
        "--file",
        dest="files",
        action="append",
        metavar="PATTERN",
        help="files next to the notebook to copy into the run, such as 'lib/*.py'. May be repeated",
    )
    group.add_argument(
        "--env",
        action="append",
        type=_variable,
        metavar="NAME=VALUE",
        help="a variable for the notebook; it is recorded. May be repeated",
    )
    group.add_argument(
        "--secret",
        dest="secrets",
        action="append",
        metavar="NAME",
        help="a secret of the server as a variable of that name; never recorded. May be repeated",
    )
    group.add_argument(
        "--volume",
        dest="volumes",
        action="append",
        metavar="SOURCE:TARGET[:rw]",
        help="a folder or volume that the settings allow. May be repeated",
    )
    group.add_argument(
        "--network", help="network: bridge, none, or another that the settings allow"
    )
    group.add_argument("--kernel", help="kernel to use instead of the notebook's own")
    group.add_argument(
        "--strict-errors",
        action="store_true",
        default=None,
        help="an exception in a cell tagged raises-exception fails the run, as in papermill",
    )
    group.add_argument(
        "--keep-files",
        action="store_true",
        default=None,
        help="also keep files that the notebook writes to its working folder",
    )
    group.add_argument("--priority", type=int, help="higher values run first (default: 0)")


def options_of(args: argparse.Namespace) -> RunOptions:
    """Returns the options that were given."""
    values = {name: getattr(args, name, None) for name in RunOptions.__annotations__}
    if values["env"] is not None:
        values["env"] = dict(values["env"])
    given: Any = {name: value for name, value in values.items() if value is not None}
    options: RunOptions = given
    return options


def parameters_of(args: argparse.Namespace) -> dict[str, Any]:
    """Returns the parameters of the files, the later ones winning."""
    values: dict[str, Any] = {}
    for path in args.parameters_file:
        values |= read_file(path)
    return values


def _variable(text: str) -> tuple[str, str]:
    name, found, value = text.partition("=")
    if not found or not name:
        raise argparse.ArgumentTypeError(f"write NAME=VALUE, not {text!r}")
    return name, value


def _gpus(text: str) -> int:
    if text == "all":
        return -1
    try:
        return int(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"write a number or 'all', not {text!r}") from error
