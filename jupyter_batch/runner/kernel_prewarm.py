"""A Python that imports ipykernel while the runner still imports what talks to kernels."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from typing import Any, Callable, Dict, Iterator, List, Optional

#: Names under which environments have their ipykernel. Another guess costs a process for nothing.
_LIKELY = frozenset({"python3", "python"})
_LAUNCHER = ["-m", "ipykernel_launcher"]
#: Becomes what ``python -m ipykernel_launcher`` is, once it has been told with what arguments; a
#: runner that has gone away, or needs it no more, tells nothing.
_PROGRAM = """
import sys
folder = sys.path.pop(0)
try:
    import ipykernel.kernelapp
except ImportError:
    sys.exit(1)
import json, os, runpy
told = sys.stdin.read()
if not told:
    os._exit(0)
sys.argv[1:] = json.loads(told)
sys.path.insert(0, folder)
del folder, told
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
        """Makes it the kernel of that command and returns the process; None where it cannot be."""
        process, self._process = self._process, None
        if process is None:
            return None
        fits = command[:3] == [sys.executable, *_LAUNCHER] and env == self._env
        if fits and process.poll() is None and _tell(process, json.dumps(command[3:])):
            return process
        process.kill()
        _tell(process, "")
        process.wait()
        return None

    def discard(self) -> None:
        """Ends it unless it has become a kernel."""
        self.become([], {})


def _tell(process: "subprocess.Popen[bytes]", text: str) -> bool:
    """Writes to its stdin and closes that; says whether it has been there to read it."""
    assert process.stdin is not None
    try:
        with process.stdin as stdin:
            stdin.write(text.encode())
    except OSError:
        return False
    return True


def start_prewarmed(name: str, env: Dict[str, str]) -> Optional[PrewarmedKernel]:
    """Starts one where the kernel of that name is likely to be one; None otherwise."""
    if name not in _LIKELY:
        return None
    try:
        return PrewarmedKernel(env)
    except OSError:
        return None  # Whoever starts the kernel itself will say what is wrong.


@contextmanager
def launching(early: Optional[PrewarmedKernel]) -> Iterator[None]:
    """Has jupyter_client take the early process where it fits what it would start."""
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
