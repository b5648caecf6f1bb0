"""Fakes and factories for tests, of this package and of what is built on it."""

from __future__ import annotations

from jupyter_batch.testing.alarm import FakeAlarm
from jupyter_batch.testing.clock import FakeClock
from jupyter_batch.testing.executor import FakeAttempt, FakeExecutor, hang
from jupyter_batch.testing.factories import (
    AT,
    make_event,
    make_frozen,
    make_job,
    make_output,
    make_recording,
    make_run,
    new_id,
)
from jupyter_batch.testing.notebooks import FakeNotebooks, FakeSecrets
from jupyter_batch.testing.owner import FakeOwner
from jupyter_batch.testing.store import FakeStore

__all__ = [
    "AT",
    "FakeAlarm",
    "FakeAttempt",
    "FakeClock",
    "FakeExecutor",
    "FakeNotebooks",
    "FakeOwner",
    "FakeSecrets",
    "FakeStore",
    "hang",
    "make_event",
    "make_frozen",
    "make_job",
    "make_output",
    "make_recording",
    "make_run",
    "new_id",
]
