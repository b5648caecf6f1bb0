"""Listens on a free port and keeps it."""

from __future__ import annotations

from jupyter_server.serverapp import ServerApp
from tornado.netutil import bind_sockets


class PortKeeper(ServerApp):
    """A Jupyter server on any free port, which no other process can take in between.

    Jupyter's own looks for one, closes it, and opens it again a moment later; where many
    processes start, another may have it by then, and the server ends.
    """

    def _find_http_port(self) -> None:
        self._kept = bind_sockets(self.port, self.ip)
        self.port = self._kept[0].getsockname()[1]

    def _bind_http_server_tcp(self) -> bool:
        self.http_server.add_sockets(self._kept)
        return True
