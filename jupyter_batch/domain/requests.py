"""What callers ask for, checked in form but not yet against the notebook."""

from __future__ import annotations

from typing import Any

import msgspec

from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.notebook import FrozenFile
from jupyter_batch.domain.value import Value


class RunRequest(Value, frozen=True, kw_only=True):
    """Run this notebook, with these parameters, in this environment, now."""

    notebook: str
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    environment: Environment = Environment()
    #: Glob patterns of files beside the notebook that go along.
    files: tuple[str, ...] = ()
    timeout_seconds: float | None = None
    #: None for the notebook's file name.
    name: str | None = None
    priority: int = 0
    #: The notebook itself, from callers whose disk the server does not see.
    content: bytes | None = None
    #: Files that come with ``content``.
    uploads: tuple[FrozenFile, ...] = ()


class JobRequest(Value, frozen=True, kw_only=True):
    """Make a job."""

    name: str
    notebook: str
    description: str = ""
    parameters: dict[str, Any] = msgspec.field(default_factory=dict)
    environment: Environment = Environment()
    files: tuple[str, ...] = ()
    timeout_seconds: float | None = None
    priority: int = 0
    max_concurrent: int | None = None


class JobChanges(Value, frozen=True, kw_only=True):
    """Change a job; what is UNSET stays."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    notebook: str | msgspec.UnsetType = msgspec.UNSET
    description: str | msgspec.UnsetType = msgspec.UNSET
    parameters: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    environment: Environment | msgspec.UnsetType = msgspec.UNSET
    files: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    timeout_seconds: float | msgspec.UnsetType | None = msgspec.UNSET
    priority: int | msgspec.UnsetType = msgspec.UNSET
    max_concurrent: int | msgspec.UnsetType | None = msgspec.UNSET
