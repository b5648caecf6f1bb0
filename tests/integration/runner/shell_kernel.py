"""A kernel for shell commands that answers as bash_kernel does: errors have no name."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import Any

from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel


class ShellKernel(Kernel):
    """Executes each cell with ``sh``."""

    implementation = "shell"
    implementation_version = "1"
    banner = ""
    language_info = {"name": "bash", "mimetype": "text/x-sh", "file_extension": ".sh"}  # noqa: RUF012

    async def do_execute(self, code: str, silent: bool, *args: Any, **kwargs: Any) -> Any:
        """Answers ``abort`` to an interrupt and ``error`` to an exit code other than 0."""
        told = {"execution_count": self.execution_count}
        command = ["sh", "-c", code]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: ASYNC220
        try:
            output, _ = process.communicate()
        except KeyboardInterrupt:
            process.send_signal(signal.SIGINT)
            process.wait()
            return {"status": "abort", **told}
        self.send_response(self.iopub_socket, "stream", {"name": "stdout", "text": output})
        if process.returncode == 0:
            return {"status": "ok", "payload": [], "user_expressions": {}, **told}
        error = {"ename": "", "evalue": str(process.returncode), "traceback": []}
        if "SILENT" not in os.environ:
            self.send_response(self.iopub_socket, "error", error)
        return {"status": "error", **error, **told}


if __name__ == "__main__":
    IPKernelApp.launch_instance(kernel_class=ShellKernel)
