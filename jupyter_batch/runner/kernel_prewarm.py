"""Starts a Python process that imports ipykernel while the runner imports its own modules."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, List, Optional

#: The usual names of ipykernel. A wrong guess only costs one unused process.
_LIKELY = frozenset({"python3", "python"})
_LAUNCHER = ["-m", "ipykernel_launcher"]
#: Becomes ``python -m ipykernel_launcher`` when its arguments arrive on stdin. It ends when a
#: runner that has died, or does not need it, closes stdin without writing.
_PROGRAM = """
import sys
folder = sys.path.pop(0)
try:
    import ipykernel.kernelapp
except ImportError:
    sys.exit(1)
import json, os, runpy
arguments = sys.stdin.read()
if not arguments:
    os._exit(0)
sys.argv[1:] = json.loads(arguments)
sys.path.insert(0, folder)
del folder, arguments
runpy.run_module("ipykernel_launcher", run_name="__main__", alter_sys=True)
"""


class PrewarmedKernel:
    """A process that can become a kernel."""

    def __init__(self, env: Dict[str, str]) -> None:
        self._env = {**env, "JPY_PARENT_PID": str(os.getpid())}
        self._process: "Optional[subprocess.Popen[bytes]]" = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, *_LAUNCHER],
            stdin=subprocess.PIPE,
            env=self._env,
            start_new_session=True,
        )

    def become(
        self, command: List[str], env: Dict[str, str]
    ) -> "Optional[subprocess.Popen[bytes]]":
        """Makes it the kernel of a command; returns the process, or None where it does not fit."""
        process, self._process = self._process, None
        if process is None:
            return None
        fits = command[:3] == [sys.executable, *_LAUNCHER] and env == self._env
        if fits and process.poll() is None and _write_stdin(process, json.dumps(command[3:])):
            return process
        process.kill()
        _write_stdin(process, "")
        process.wait()
        return None

    def discard(self) -> None:
        """Ends the process unless it has become a kernel."""
        self.become([], {})


def _write_stdin(process: "subprocess.Popen[bytes]", text: str) -> bool:
    """Writes to its stdin and closes that; returns whether the process could read it."""
    assert process.stdin is not None
    try:
        with process.stdin as stdin:
            stdin.write(text.encode())
    except OSError:
        return False
    return True


def start_prewarmed(name: str, env: Dict[str, str]) -> Optional[PrewarmedKernel]:
    """Starts a process where the kernel of that name is likely ipykernel; else returns None."""
    if name not in _LIKELY:
        return None
    try:
        return PrewarmedKernel(env)
    except OSError:
        return None  # Starting the kernel itself reports the error.


@contextmanager
def launching(early: Optional[PrewarmedKernel]) -> Iterator[None]:
    """Makes jupyter_client use the prewarmed process where its command fits."""
    from jupyter_client.provisioning import local_provisioner

    launch: Callable[..., Any] = vars(local_provisioner)["launch_kernel"]

    def take(command: List[str], **options: Any) -> Any:
        env = {**(options.get("env") or os.environ), "JPY_PARENT_PID": str(os.getpid())}
        process = None if early is None or options.get("cwd") else early.become(command, env)
        return launch(command, **options) if process is None else process

    vars(local_provisioner)["launch_kernel"] = take
    try:
        yield
    finally:
        vars(local_provisioner)["launch_kernel"] = launch
