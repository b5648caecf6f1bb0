"""Connects to engines over ssh, through a local socket."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
import threading
from pathlib import Path
from urllib.parse import urlsplit

#: The command that the docker command itself runs on the remote machine.
_FAR = ("docker", "system", "dial-stdio")


class SshTunnel:
    """Listens on a socket in a folder of its own; each connection to it is one ``ssh``.

    In place of docker-py's own transport, whose streams cannot be cancelled. What ssh has to say
    goes to our stderr; it never asks for a password.
    """

    def __init__(self, address: str) -> None:
        """Takes ``ssh://[user@]host[:port]``."""
        self._command = _command(address)
        self._folder = tempfile.mkdtemp(prefix="jb-ssh-")
        path = Path(self._folder) / "docker.sock"
        self.address = f"unix://{path}"
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen()
        self._processes: list[subprocess.Popen[bytes]] = []
        threading.Thread(target=self._accept, name="ssh-tunnel", daemon=True).start()

    def close(self) -> None:
        """Ends all connections and removes the socket."""
        with contextlib.suppress(OSError):
            # Wakes the thread, which closing alone would not.
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                break
            with connection, contextlib.suppress(OSError):
                # Without an ssh here, the connection just ends.
                self._processes.append(
                    subprocess.Popen(
                        self._command, stdin=connection.fileno(), stdout=connection.fileno()
                    )
                )
            self._processes = [one for one in self._processes if one.poll() is None]
        for process in self._processes:
            process.kill()
            process.wait()


def _command(address: str) -> list[str]:
    parts = urlsplit(address)
    command = ["ssh", "-T", "-o", "BatchMode=yes"]
    if parts.username:
        command += ["-l", parts.username]
    if parts.port:
        command += ["-p", str(parts.port)]
    return [*command, "--", parts.hostname or "", *_FAR]
