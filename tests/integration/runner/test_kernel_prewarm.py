"""The process that waits to become a kernel."""

from __future__ import annotations

import os
import sys

from jupyter_batch.runner.kernel_prewarm import PrewarmedKernel, start_prewarmed

COMMAND = [sys.executable, "-m", "ipykernel_launcher"]


def parented(env: dict[str, str]) -> dict[str, str]:
    return {**env, "JPY_PARENT_PID": str(os.getpid())}


def test_it_becomes_what_the_launcher_is():
    env = dict(os.environ)
    process = PrewarmedKernel(env).become([*COMMAND, "--help"], parented(env))
    assert process is not None
    assert process.wait(60) == 0


def test_it_is_not_taken_for_another_command_or_environment_and_ends():
    env = dict(os.environ)
    for command, wanted in (
        ([sys.executable, "-Xdev", *COMMAND[1:]], parented(env)),
        (COMMAND, {**parented(env), "MORE": "1"}),
    ):
        early = PrewarmedKernel(env)
        assert early._process is not None
        pid = early._process.pid
        assert early.become(command, wanted) is None
        assert not os.path.exists(f"/proc/{pid}")


def test_it_ends_by_itself_when_nobody_is_left_to_tell_it_anything():
    early = PrewarmedKernel(dict(os.environ))
    process = early._process
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(60) == 0


def test_an_environment_without_ipykernel_is_left_to_whoever_starts_the_kernel():
    env = {**os.environ, "PYTHONPATH": "", "PYTHONSAFEPATH": "1", "PYTHONHOME": "/nowhere"}
    early = PrewarmedKernel(env)
    assert early._process is not None
    early._process.wait(60)
    assert early.become(COMMAND, parented(env)) is None


def test_other_kernels_get_none():
    assert start_prewarmed("ir", dict(os.environ)) is None
