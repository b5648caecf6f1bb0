"""Protocols of the services' dependencies, in domain terms."""

from __future__ import annotations

from jupyter_batch.ports.executing import (
    AttemptEnding,
    AttemptHandle,
    AttemptSpec,
    Bundle,
    Executor,
    ExecutorHealth,
    ImageReport,
    ProgressCallback,
)
from jupyter_batch.ports.notebooks import ExecutedParts, Notebooks
from jupyter_batch.ports.stores import (
    BackupFile,
    JobLoad,
    JobStore,
    NewRun,
    RecordStore,
    RunStore,
    Store,
    SweepStore,
    TriggerStep,
)
from jupyter_batch.ports.system import Alarm, Clock, EventSink, Secrets

__all__ = [
    "Alarm",
    "AttemptEnding",
    "AttemptHandle",
    "AttemptSpec",
    "BackupFile",
    "Bundle",
    "Clock",
    "EventSink",
    "ExecutedParts",
    "Executor",
    "ExecutorHealth",
    "ImageReport",
    "JobLoad",
    "JobStore",
    "NewRun",
    "Notebooks",
    "ProgressCallback",
    "RecordStore",
    "RunStore",
    "Secrets",
    "Store",
    "SweepStore",
    "TriggerStep",
]
