"""``image``: the image that notebooks run in."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from typing import Any

from rich.progress import BarColumn, Progress, SpinnerColumn, TimeElapsedColumn
from rich.text import Text

from jupyter_batch.cli.arguments import SUCCEEDED, Parser, UsageError, add_command
from jupyter_batch.cli.console import FieldColumn
from jupyter_batch.cli.session import Session
from jupyter_batch.cli.subprocesses import Tell, ask, folder_of, of_the_owner

_BUILD_EXAMPLES = """\
  jupyter batch image build                            papermill and a Python kernel
  jupyter batch image build --like-this-environment    and the packages that you have here
  jupyter batch image build --requirements requirements.txt --tag mine:1
  jupyter batch image build --base debian              where no image registry answers

then: jupyter batch run report.ipynb --image mine:1 (the default image needs no --image)"""


def add(commands: Any) -> None:
    """Adds the command and its own commands."""
    parser = add_command(
        commands, "image", no_command, help="build the image that notebooks run in, or check one"
    )
    inner = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=Parser)
    build = add_command(
        inner, "build", build_image, help="build a job image", epilog=_BUILD_EXAMPLES, inner=True
    )
    build.add_argument(
        "--base",
        metavar="IMAGE",
        help="an image with Python, or 'debian' to make one from Debian's packages "
        "(default: the official slim Python image, else debian)",
    )
    what = build.add_mutually_exclusive_group()
    what.add_argument("--requirements", metavar="FILE", help="file with packages, one per line")
    what.add_argument(
        "--like-this-environment",
        action="store_true",
        help="the packages and versions of the Python environment of this command",
    )
    build.add_argument("--tag", help="name of the image (default: the default job image)")
    check = add_command(
        inner, "check", check_image, help="check whether an image can run notebooks", inner=True
    )
    check.add_argument("image", nargs="?", help="an image (default: the default job image)")


def no_command(args: argparse.Namespace, session: Session) -> int:
    """Raises UsageError: a command is missing."""
    raise UsageError("give a command: jupyter batch image build, or jupyter batch image check")


def build_image(args: argparse.Namespace, session: Session) -> int:
    """Builds an image."""
    folder = folder_of(args.data)
    more = of_the_owner(folder)
    if args.tag:
        more += ["--image", args.tag]
    if args.base:
        more += ["--base", args.base]
    if args.requirements:
        more += ["--requirements", args.requirements]
    if args.like_this_environment:
        more.append("--like-this-environment")
    with _progress(session) as on_progress:
        done = ask("build", data_dir=folder, more=more, on_progress=on_progress)
    _report(done, session, "built")
    return SUCCEEDED


def check_image(args: argparse.Namespace, session: Session) -> int:
    """Looks into an image."""
    folder = folder_of(args.data)
    more = of_the_owner(folder) + (["--image", args.image] if args.image else [])
    with _progress(session) as on_progress:
        done = ask("check", data_dir=folder, more=more, on_progress=on_progress)
    _report(done, session, "can run notebooks:")
    return SUCCEEDED


def _report(done: dict[str, Any], session: Session, what: str) -> None:
    if session.as_json:
        session.answer({name: value for name, value in done.items() if name != "kind"})
        return
    report = done["report"]
    kernels = ", ".join(f"{name} ({language})" for name, language in report["kernels"].items())
    session.print(Text.assemble(("✓ ", "green"), f"{what} {report['image']}"))
    session.print(
        f"  Python {report['python']}, papermill {report['papermill']}, kernels: {kernels}"
    )
    for sentence in done.get("left_out", ()):
        session.print(Text(f"  left out: {sentence}", style="yellow"))


@contextlib.contextmanager
def _progress(session: Session) -> Iterator[Tell]:
    """Shows what is going on: a line that changes on a terminal, lines elsewhere."""
    if not session.err.is_terminal:
        said: list[str] = []

        def write(message: str, share: float | None) -> None:
            if said[-1:] != [message]:
                said.append(message)
                session.note(message)

        yield write
        return
    columns = (SpinnerColumn(), FieldColumn("message"), BarColumn(bar_width=20))
    with Progress(*columns, TimeElapsedColumn(), console=session.err, transient=True) as progress:
        task = progress.add_task("", total=None, message="starting")

        def update(message: str, share: float | None) -> None:
            if message.startswith("left out:"):
                return
            total, completed = (None, 0.0) if share is None else (1.0, share)
            progress.update(task, message=message, total=total, completed=completed)

        yield update
