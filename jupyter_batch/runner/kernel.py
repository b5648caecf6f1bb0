"""The notebook's kernel: chosen, started before papermill is imported, interrupted, ended."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from typing import Any, Callable, Dict, Optional

from .backlog import Backlog, KernelPause
from .failures import EXIT_MISSING, Failure
from .fast_imports import without
from .kernel_prewarm import PrewarmedKernel, launching
from .shutdown import Shutdown

#: As papermill waits.
_START_SECONDS = 60
_SIGTERM_BIT = 1 << (signal.SIGTERM - 1)
#: How much likelier than the runner the kernel is to be chosen when memory runs out.
_OOM_SCORE = "500"


class KernelNotFound(Failure):
    """There is no kernel of that name."""

    def __init__(self, name: str, known: Dict[str, str]) -> None:
        there = ", ".join(sorted(known)) or "none: install ipykernel"
        text = f"there is no kernel {name!r}; there are: {there}"
        super().__init__("no_kernel", text, EXIT_MISSING)
        #: The kernels that there are, each with its language.
        self.known = known


class Kernel:
    """One kernel process and the client that talks to it."""

    def __init__(self, name: str, socket_folder: str) -> None:
        """Finds the kernel; raises Failure naming the kernels that there are."""
        try:
            from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
            from jupyter_client.manager import AsyncKernelManager
        except ImportError as error:
            raise Failure(
                "no_kernel",
                f"papermill is not installed in this environment ({error})",
                EXIT_MISSING,
            ) from error
        self.name = name
        specs = KernelSpecManager()
        with without("IPython"):
            # All that would be asked of IPython is the name of a folder.
            folders = list(specs.kernel_dirs)
        old = os.path.join(
            os.path.expanduser(os.environ.get("IPYTHONDIR", "~/.ipython")), "kernels"
        )
        specs.kernel_dirs = folders if old in folders else [*folders, old]
        if not name:
            raise KernelNotFound(name, _languages(specs))
        self.manager = AsyncKernelManager(kernel_name=name, kernel_spec_manager=specs)
        try:
            spec: Any = self.manager.kernel_spec
        except NoSuchKernel as error:
            raise KernelNotFound(name, _languages(specs)) from error
        self._spec = spec
        self.language = str(spec.language)
        # TCP can be listened in on and needs a network. Only of ipykernel is it known that it
        # speaks IPC too.
        if any("ipykernel" in argument for argument in spec.argv):
            self.manager.transport = "ipc"
            self.manager.ip = os.path.join(socket_folder, "k")
        self.client: Any = None
        self._process: Optional["subprocess.Popen[bytes]"] = None
        self._shutdown: Optional[Shutdown] = None
        self._pause = KernelPause(self._signal_group)
        self._backlog: Optional[Backlog] = None

    def start(self, env: Dict[str, str], early: Optional[PrewarmedKernel] = None) -> None:
        """Starts the process, and returns before it answers; raises Failure.

        ``early`` is a process that may become the kernel.
        """
        from jupyter_core.utils import run_sync

        arguments = []
        if self.manager.ipykernel:
            # As nbclient does.
            arguments.append("--HistoryManager.hist_file=:memory:")
        try:
            with launching(early):
                run_sync(self.manager.start_kernel)(extra_arguments=arguments, env=env)
        except (OSError, RuntimeError) as error:
            raise Failure(
                "no_kernel", f"the kernel {self.name!r} does not start: {error}", EXIT_MISSING
            ) from error
        self._process = getattr(self.manager.provisioner, "process", None)
        if self._process is not None:
            _prefer_for_oom(self._process.pid)

    async def connect(self, is_stopped: Callable[[], bool]) -> None:
        """Returns when the kernel answers and its outputs arrive, or ``is_stopped`` says so."""
        import zmq

        client = self.client = self.manager.client()
        # A kernel that prints faster than we read must lose nothing: by default the socket
        # drops what goes beyond a thousand messages, the end of the cell among them. These are
        # set on the client's context; it does not share the manager's.
        client.context.setsockopt(zmq.RCVHWM, 0)
        client.context.setsockopt(zmq.RECONNECT_IVL, 10)
        client.start_channels(hb=False)
        client.allow_stdin = False
        if self._process is not None:
            self._backlog = Backlog(client.iopub_channel, self._pause)
        began = asked = time.monotonic()
        client.kernel_info()
        answered = False
        while not is_stopped():
            if not self.is_alive():
                raise Failure(
                    "no_kernel",
                    f"the kernel {self.name!r} does not start: it {self.ending()} before it "
                    "answered; see the log",
                    EXIT_MISSING,
                )
            reply = await _message(client.shell_channel, 0.1)
            if reply is not None and reply["msg_type"] == "kernel_info_reply":
                client._handle_kernel_info_reply(reply)
                answered = True
            # The first message on this channel says that the subscription works: nothing that
            # the first cell prints can be lost.
            if answered and await _message(client.iopub_channel, 0.02) is not None:
                return
            now = time.monotonic()
            if now - began > _START_SECONDS:
                raise Failure(
                    "no_kernel",
                    f"the kernel {self.name!r} does not answer within {_START_SECONDS} s",
                    EXIT_MISSING,
                )
            if answered or now - asked > 1:
                asked = now
                client.kernel_info()

    def is_alive(self) -> bool:
        """Returns whether the process runs; True for a kernel that is no child of ours."""
        return self._process is None or self._process.poll() is None

    def ending(self) -> str:
        """Returns how the process ended, as part of a sentence."""
        code = None if self._process is None else self._process.poll()
        if code is None:
            return "ended"
        if code < 0:
            try:
                return f"was ended by {signal.Signals(-code).name}"
            except ValueError:
                return f"was ended by signal {-code}"
        return f"ended with exit code {code}"

    def was_killed(self) -> bool:
        """Returns whether SIGKILL ended the process, as the system does when memory runs out."""
        return self._process is not None and self._process.poll() == -signal.SIGKILL

    def catches_sigterm(self) -> bool:
        """Returns whether the notebook has set its own handler for SIGTERM."""
        if self._process is None or not sys.platform.startswith("linux"):
            return False
        try:
            with open(f"/proc/{self._process.pid}/status", encoding="ascii") as status:
                for line in status:
                    if line.startswith("SigCgt:"):
                        return bool(int(line.split()[1], 16) & _SIGTERM_BIT)
        except OSError:
            pass
        return False

    def terminate(self) -> None:
        """Sends SIGTERM to the process alone: what it has started is its own to end."""
        if self._process is not None and self.is_alive():
            self._pause.before_signal()
            self._process.terminate()

    def interrupt(self) -> None:
        """Interrupts what the kernel executes, as the stop button does. Any thread may call."""
        if self._process is None or self._spec.interrupt_mode == "message":
            asyncio.run(_awaited(self.manager.interrupt_kernel()))
        else:
            self._pause.before_signal()
            self._signal_group(signal.SIGINT)

    def kill(self) -> None:
        """Ends the kernel and its process group at once; no error where it has ended already."""
        if self._process is None:
            asyncio.run(_awaited(self.manager.shutdown_kernel(now=True)))
            return
        self._signal_group(signal.SIGKILL)
        self._pause.release()

    def take_messages(self) -> None:
        """Takes what the kernel has sent, while its reader waits for something else."""
        if self._backlog is not None:
            self._backlog.take()

    def drop_messages(self) -> None:
        """Drops what the kernel has sent and nobody reads any more."""
        if self._backlog is not None:
            self._backlog.drop()

    def ask_to_end(self) -> None:
        """Sends the kernel the request to end; ``shut_down`` waits for that."""
        self._pause.release()
        self.drop_messages()
        if self._process is not None and self.client is not None and self.is_alive():
            self._shutdown = Shutdown(self)

    def shut_down(self, deadline: float) -> bool:
        """Gives the kernel time to finish, and then kills the processes that are left.

        Returns False where it was still at work at the deadline (of the monotonic clock).
        """
        is_whole = self._shutdown is None or self._shutdown.wait(deadline)
        self.kill()
        if self._process is not None:
            self._process.wait()
        return is_whole

    def _signal_group(self, number: int) -> None:
        assert self._process is not None
        group = getattr(self.manager.provisioner, "pgid", None) or self._process.pid
        try:
            if group != os.getpgrp():
                os.killpg(group, number)
        except ProcessLookupError:
            pass


def _languages(specs: Any) -> Dict[str, str]:
    """Returns the kernels that can be read, each with its language."""
    return {
        name: str(found["spec"].get("language", ""))
        for name, found in specs.get_all_specs().items()
    }


async def _message(channel: Any, seconds: float) -> Any:
    from queue import Empty

    try:
        return await _awaited(channel.get_msg(timeout=seconds))
    except Empty:
        return None


async def _awaited(value: Any) -> Any:
    return await value if hasattr(value, "__await__") else value


def _prefer_for_oom(pid: int) -> None:
    try:
        with open(f"/proc/{pid}/oom_score_adj", "w", encoding="ascii") as file:
            file.write(_OOM_SCORE)
    except OSError:
        pass  # Not Linux, or not allowed: then the system chooses by size alone.
