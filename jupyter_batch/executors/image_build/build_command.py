"""Builds and inspects images for the command line, without an owner.

Run as ``python -m jupyter_batch.executors.image_build.build_command`` by ``jupyter batch image`` and ``doctor``,
which may not import this side. Writes one JSON object a line to stdout: any number of
``{"kind": "progress", "message", "share"}``, then one ``{"kind": "done", ...}`` or
``{"kind": "error", "code", "message", "details"}`` (exit code 1).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.settings import Settings
from jupyter_batch.errors import BatchError, EngineUnavailable, ImageNotFound, InvalidInput
from jupyter_batch.executors.docker import DockerExecutor
from jupyter_batch.executors.image_build.packages import installed_packages


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns 0, or 1 where it failed."""
    args = _parser().parse_args(argv)
    settings = Settings(data_dir=args.data, root_dir="/", docker_host=args.docker_host)
    if args.image:
        settings = replace(settings, default_image=args.image)
    try:
        done = asyncio.run(_do(args, settings))
    except BatchError as error:
        _write_line("error", code=error.code, message=error.message, details=error.details)
        return 1
    _write_line("done", **done)
    return 0


async def _do(args: argparse.Namespace, settings: Settings) -> dict[str, Any]:
    executor = DockerExecutor(settings, runner=b"")
    try:
        if args.task == "health":
            facts: dict[str, Any] = msgspec.to_builtins(await executor.health())
            return facts
        if args.task == "build":
            return await _build(args, executor)
        report = await executor.inspect(Environment(image=settings.default_image))
        if report is None:
            health = await executor.health()
            if not health.ok:
                raise EngineUnavailable(health.message)
            raise ImageNotFound(
                f"the engine has no image {settings.default_image}; build it with: "
                "jupyter batch image build",
                image=settings.default_image,
            )
        return {"report": msgspec.to_builtins(report)}
    finally:
        await executor.close()


async def _build(args: argparse.Namespace, executor: DockerExecutor) -> dict[str, Any]:
    requirements: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    built_for: str | None = None
    if args.like_this_environment:
        packages = installed_packages()
        requirements, left_out = packages.requirements, packages.left_out
        built_for = packages.python
        _progress(f"{len(requirements)} packages of this environment go into the image", None)
        for sentence in left_out:
            _progress(f"left out: {sentence}", None)
    elif args.requirements:
        requirements = _lines(args.requirements)
    report = await executor.build_image(
        base=args.base, requirements=requirements, built_for=built_for, progress=_progress
    )
    return {"report": msgspec.to_builtins(report), "left_out": list(left_out)}


def _lines(path: str) -> tuple[str, ...]:
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"cannot read {path}: {error}", field="requirements") from error
    bare = (line.split(" #")[0].strip() for line in text.splitlines())
    lines = tuple(line for line in bare if line and not line.startswith("#"))
    for line in lines:
        if line.startswith("-"):
            raise InvalidInput(
                f"{path}: {line!r} is an option of pip; only packages are taken, one to a line",
                field="requirements",
            )
    return lines


def _progress(message: str, share: float | None) -> None:
    _write_line("progress", message=message, share=share)


def _write_line(kind: str, **fields: Any) -> None:
    sys.stdout.buffer.write(msgspec.json.encode({"kind": kind, **fields}) + b"\n")
    sys.stdout.buffer.flush()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m jupyter_batch.executors.image_build.build_command"
    )
    parser.add_argument("task", choices=("build", "check", "health"))
    parser.add_argument("--data", required=True, help="the data folder, for what is cached there")
    parser.add_argument("--docker-host", default=None)
    parser.add_argument("--image", default=None, help="the default image's name by default")
    parser.add_argument("--base", default=None)
    parser.add_argument("--requirements", default=None, metavar="FILE")
    parser.add_argument("--like-this-environment", action="store_true")
    return parser


if __name__ == "__main__":
    # What prints by itself must not get between the lines.
    _out = os.dup(1)
    os.dup2(2, 1)
    sys.stdout = os.fdopen(_out, "w", encoding="utf-8")
    sys.exit(main())
