"""Shuts a kernel down in order: exit hooks, threads and open files get time to finish."""

from __future__ import annotations

import time
from typing import Any, Dict, List, Tuple

_TICK_MS = 5
#: A kernel that has not answered by then is sent SIGTERM, as jupyter_client does.
_ANSWER_SECONDS = 2.5
#: ipykernel can lock up while it closes its channels, when everything of the notebook's has been
#: done: its control thread writes to the thread of the IOPub channel, which has ended already.
_CLOSING_SECONDS = 0.1


class Shutdown:
    """One request to end, and the wait for the end."""

    def __init__(self, kernel: Any) -> None:
        """Sends the request; returns at once."""
        from jupyter_core.utils import run_sync

        self._kernel = kernel
        self._asked_at = time.monotonic()
        client = kernel.client
        self._monitors = _Monitors([client.iopub_channel.socket, client.shell_channel.socket])
        self._control = _plain(client.control_channel.socket)
        run_sync(_send)(client)

    def wait(self, deadline: float) -> bool:
        """Returns when the kernel has ended; False where it still had something to do."""
        closing_at = answered = terminated = None
        while self._kernel.is_alive():
            now = time.monotonic()
            self._kernel.drop_messages()
            iopub_is_closed, shell_is_closed = self._monitors.poll()
            if now >= deadline:
                # Its channels are closed: the notebook's work is done, the interpreter is slow.
                return iopub_is_closed
            if iopub_is_closed and not shell_is_closed:
                closing_at = closing_at or now
                if now - closing_at > _CLOSING_SECONDS:
                    return True
            answered = answered or self._control.poll(0)
            if not answered and not terminated and now - self._asked_at > _ANSWER_SECONDS:
                terminated = True
                self._kernel.terminate()
        return not self._kernel.was_killed()


class _Monitors:
    """Watches which sockets have lost their peer."""

    def __init__(self, sockets: List[Any]) -> None:
        import zmq

        self._poller = zmq.Poller()
        self._closed: Dict[Any, bool] = {}
        for socket in sockets:
            address = f"inproc://jb-monitor-{id(socket)}"
            socket.monitor(address, zmq.EVENT_DISCONNECTED)
            monitor: Any = zmq.Context.shadow(socket.context.underlying).socket(zmq.PAIR)
            monitor.connect(address)
            self._poller.register(monitor, zmq.POLLIN)
            self._closed[monitor] = False

    def poll(self) -> Tuple[bool, ...]:
        """Waits for a moment; returns of each socket whether its peer is gone."""
        for monitor, _ in self._poller.poll(_TICK_MS):
            monitor.recv_multipart()
            self._closed[monitor] = True
        return tuple(self._closed.values())


def _plain(socket: Any) -> Any:
    """Returns the socket without asyncio."""
    import zmq

    return zmq.Socket.shadow(socket.underlying)


async def _send(client: Any) -> None:
    sent = client.shutdown()
    if hasattr(sent, "__await__"):
        await sent
