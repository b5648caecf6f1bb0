"""One event stream and one update thread, shared by all widgets of a kernel."""

from __future__ import annotations

import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import Protocol

from jupyter_batch.client.transport.event_stream import StreamNotice, follow_all
from jupyter_batch.client.transport.http_client import Connection
from jupyter_batch.domain.events import RunEvent
from jupyter_batch.errors import BatchError

#: Changes that come closer together than this are shown together.
_TOGETHER_SECONDS = 0.15
#: If the server does not answer, the reader tries again after this time.
_REST_SECONDS = 5.0
#: Changes without events, such as the outputs of a running cell, are requested this often, and
#: never for more than this share of the time.
_TICK_SECONDS = 1.0
_TICK_SHARE = 0.1
#: A listener requests everything again this often, in case an event was missed.
_REFRESH_SECONDS = 15.0


class Listener(Protocol):
    """A widget that follows runs."""

    @property
    def is_moving(self) -> bool:
        """True while something changes that no event reports."""

    def take(self, event: RunEvent) -> bool:
        """Notes an event; returns whether to call ``update``. Runs on the reader's thread."""

    def update(self, *, anew: bool) -> None:
        """Shows the noted events; ``anew`` if some may be missing. Runs on the update thread."""

    def show_trouble(self, error: BatchError | None) -> None:
        """Shows that the server does not answer, or, with None, that it does again."""


class Live:
    """Follows all runs of a server for any number of listeners.

    One thread reads the stream. The other updates listeners and runs actions, so that neither the
    kernel nor the stream waits for an answer. Both end when there are no listeners and no work.
    Listeners are held weakly.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._listeners: weakref.WeakSet[Listener] = weakref.WeakSet()
        self._changed = threading.Condition()
        #: Listeners to be updated, and whether they must ask for everything anew.
        self._due: weakref.WeakKeyDictionary[Listener, bool] = weakref.WeakKeyDictionary()
        self._work: deque[Callable[[], None]] = deque()
        self._busy = False
        self._is_open = False
        self._trouble: BatchError | None = None
        self._reader: threading.Thread | None = None
        self._updater: threading.Thread | None = None

    def listen(self, listener: Listener) -> None:
        """Adds a listener; it is updated once as soon as the stream is open."""
        with self._changed:
            self._listeners.add(listener)
            if self._is_open or self._trouble is not None:
                self._due[listener] = True
            if self._reader is None:
                self._reader = self._start(self._read, "jupyter-batch-events")
            self._wake_updater()

    def forget(self, listener: Listener) -> None:
        """Removes a listener."""
        with self._changed:
            self._listeners.discard(listener)
            self._due.pop(listener, None)
            self._changed.notify_all()

    def do(self, work: Callable[[], None]) -> None:
        """Runs a function soon on the update thread; it must handle its own errors."""
        with self._changed:
            self._work.append(work)
            self._wake_updater()

    def refresh(self, listener: Listener) -> None:
        """Makes a listener request everything again, whether or not it is added."""
        with self._changed:
            self._due[listener] = True
            self._wake_updater()

    @property
    def listeners(self) -> int:
        """The number of listeners."""
        return len(self._listeners)

    @property
    def threads(self) -> int:
        """The number of its threads at the moment."""
        return sum(thread is not None for thread in (self._reader, self._updater))

    def settle(self, timeout: float = 10.0) -> bool:
        """Waits until nothing is left to be shown or done; returns whether that came about."""
        with self._changed:
            return self._changed.wait_for(self._is_settled, timeout)

    def _is_settled(self) -> bool:
        is_known = self._reader is None or self._is_open or self._trouble is not None
        return is_known and not (self._due or self._work or self._busy)

    def _start(self, target: Callable[[], None], name: str) -> threading.Thread:
        thread = threading.Thread(target=target, name=name, daemon=True)
        thread.start()
        return thread

    def _wake_updater(self) -> None:
        if self._updater is None:
            self._updater = self._start(self._serve, "jupyter-batch-widgets")
        self._changed.notify_all()

    def _stop_if_unused(self) -> bool:
        """Returns whether nobody listens; if so, marks the reader as ended."""
        with self._changed:
            if self._listeners:
                return False
            self._reader, self._is_open, self._trouble = None, False, None
            self._changed.notify_all()
            return True

    def _read(self) -> None:
        while True:
            try:
                for event in follow_all(self.connection):
                    if self._stop_if_unused():
                        return
                    self._dispatch(event)
            except Exception as error:
                # The widgets must show any error: no other code watches this thread.
                self._report_error(error)
            if self._stop_if_unused():
                return
            self.connection.pause(_REST_SECONDS)

    def _dispatch(self, event: RunEvent | StreamNotice) -> None:
        with self._changed:
            if event is StreamNotice.OPENED:
                # What was missed before it was open has to be asked for.
                self._is_open, self._trouble = True, None
                for listener in tuple(self._listeners):
                    self._due[listener] = True
            elif isinstance(event, RunEvent):
                # A copy: the last hold on a listener may go with the step to the next one.
                for listener in tuple(self._listeners):
                    if listener.take(event):
                        self._due.setdefault(listener, False)
            if self._due:
                self._wake_updater()

    def _report_error(self, error: Exception) -> None:
        reported = error if isinstance(error, BatchError) else BatchError(f"{error!r}")
        with self._changed:
            self._is_open, self._trouble = False, reported
            for listener in tuple(self._listeners):
                self._due[listener] = True
            self._wake_updater()

    def _serve(self) -> None:
        rounds = _Rounds(time.monotonic())
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                self._changed.wait_for(
                    self._has_something_to_do, rounds.seconds_left(time.monotonic())
                )
                if not (self._due or self._work or self._listeners):
                    self._updater = None
                    return
                self._plan_rounds(rounds)
                self._busy = True
                work = self._work.popleft() if self._work else None
                due = [] if work else list(self._due.items())
                if not work:
                    self._due.clear()
                trouble = self._trouble
            if work is not None:
                work()
                continue
            begun = time.monotonic()
            while due:
                listener, anew = due.pop()
                _update(listener, anew, trouble)
                # Not to be held while resting, or nobody could give it up.
                del listener
            rounds.took(time.monotonic() - begun)
            self._rest()

    def _plan_rounds(self, rounds: _Rounds) -> None:
        now = time.monotonic()
        if rounds.is_refresh_due(now):
            for listener in tuple(self._listeners):
                self._due[listener] = True
        elif rounds.is_tick_due(now):
            for listener in tuple(self._listeners):
                if listener.is_moving:
                    self._due.setdefault(listener, False)

    def _has_something_to_do(self) -> bool:
        return bool(self._due or self._work or not self._listeners)

    def _rest(self) -> None:
        """Waits for changes to gather; work that people ask for ends the wait."""
        with self._changed:
            self._busy = False
            self._changed.notify_all()
            self._changed.wait_for(lambda: bool(self._work), _TOGETHER_SECONDS)


class _Rounds:
    """The times of the next periodic updates."""

    def __init__(self, now: float) -> None:
        self._tick_at = now + _TICK_SECONDS
        self._refresh_at = now + _REFRESH_SECONDS
        self._pause = _TICK_SECONDS

    def seconds_left(self, now: float) -> float:
        return max(0.0, min(self._tick_at, self._refresh_at) - now)

    def is_refresh_due(self, now: float) -> bool:
        if now < self._refresh_at:
            return False
        self._refresh_at, self._tick_at = now + _REFRESH_SECONDS, now + self._pause
        return True

    def is_tick_due(self, now: float) -> bool:
        if now < self._tick_at:
            return False
        self._tick_at = now + self._pause
        return True

    def took(self, seconds: float) -> None:
        self._pause = max(_TICK_SECONDS, seconds / _TICK_SHARE)


def _update(listener: Listener, anew: bool, trouble: BatchError | None) -> None:
    listener.show_trouble(trouble)
    if trouble is not None:
        return
    try:
        listener.update(anew=anew)
    except BatchError as error:
        listener.show_trouble(error)
    except Exception as error:
        # A fault of ours must be seen, and must not end the updates of all the others.
        listener.show_trouble(BatchError(f"cannot be shown: {error!r}"))


_lives: weakref.WeakValueDictionary[int, Live] = weakref.WeakValueDictionary()
_lives_lock = threading.Lock()


def live_of(connection: Connection) -> Live:
    """Returns the one that all widgets of a connection share; it goes when the last of them goes."""
    with _lives_lock:
        live = _lives.get(id(connection))
        if live is None:
            live = _lives[id(connection)] = Live(connection)
        return live
