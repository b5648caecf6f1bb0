"""The port for executors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Protocol

import msgspec

from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.executor_kinds import ExecutorKind
from jupyter_batch.domain.frames import AnyFrame
from jupyter_batch.domain.notebook import FrozenFile
from jupyter_batch.domain.recording import LogLine
from jupyter_batch.domain.value import Value


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """All that a runner needs; goes over stdin, a file or a URL, never into a configuration."""

    notebook: bytes
    files: tuple[FrozenFile, ...] = ()
    #: JSON-able; the keys are documented in runner/README.md.
    settings: dict[str, Any] = msgspec.field(default_factory=dict)
    #: Name to value. Never logged, never stored.
    secrets: dict[str, str] = msgspec.field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Bundle({len(self.notebook)} bytes, {len(self.files)} files)"


class AttemptSpec(msgspec.Struct, frozen=True, kw_only=True):
    """The specification of an attempt for an executor."""

    store_id: str
    run_id: str
    attempt_no: int
    environment: Environment
    bundle: Bundle

    @property
    def name(self) -> str:
        """The deterministic name of the container or process folder."""
        return f"jb-{self.run_id}-{self.attempt_no}"


class AttemptHandle(Value, frozen=True, kw_only=True):
    """By what an executor knows an attempt; enough to find it again after a crash."""

    run_id: str
    attempt_no: int
    #: Container id, or process id with its start time.
    container_id: str
    #: Whether its runner signs its frames; those of earlier versions do not.
    is_signed: bool = False


class AttemptEnding(Value, frozen=True, kw_only=True):
    """The end of a container or process, as the engine reports it."""

    exit_code: int | None = None
    oom_killed: bool = False
    #: The engine's own words where it has any.
    error: str | None = None
    #: Whether it was made but not started: starting the same attempt again is the first start.
    never_started: bool = False


class ImageReport(Value, frozen=True, kw_only=True):
    """The versions and kernels that an environment offers."""

    image: str | None = None
    image_digest: str | None = None
    python: str
    papermill: str
    #: Name to language.
    kernels: dict[str, str]


class ExecutorHealth(Value, frozen=True, kw_only=True):
    """The health of an executor."""

    ok: bool
    #: Whether attempts are isolated from the server's machine.
    isolated: bool
    #: One sentence: what answers, or what to do.
    message: str
    version: str | None = None
    #: Facts for people (cgroup version, engine address, image present, ...).
    facts: dict[str, str] = msgspec.field(default_factory=dict)


#: Called with a sentence and, where it is known, the share done (0 to 1).
ProgressCallback = Callable[[str, float | None], None]


class Executor(Protocol):
    """Runs attempts. Blocking libraries run in threads of the adapter.

    Errors: EngineUnavailable, ImageNotFound, ImageUnusable, AttemptGone, NotAllowed,
    InvalidInput; nothing of a third party leaves.
    """

    @property
    def name(self) -> str:
        """Under what name runs ask for it."""

    @property
    def kind(self) -> ExecutorKind:
        """The facts about executors of its kind."""

    async def health(self) -> ExecutorHealth:
        """Returns whether attempts could be started now; never raises."""

    def resolve(self, environment: Environment) -> Environment:
        """Fills in the defaults and checks the limits; raises InvalidInput, NotAllowed."""

    async def inspect(self, environment: Environment) -> ImageReport | None:
        """Returns what the environment offers, from a cache if possible; None where the image
        is not there yet or the engine does not answer. Raises ImageUnusable."""

    async def prepare(self, environment: Environment, progress: ProgressCallback) -> Environment:
        """Makes sure that the image is there (pulls or builds it, with progress) and usable;
        returns the environment with its ``image_digest``."""

    async def start(self, spec: AttemptSpec) -> AttemptHandle:
        """Starts an attempt. Starting the same name again returns the handle of the first.

        What one has made and not started, because somebody died in between, is started then.
        Raises AttemptGone where it cannot be known whether that has run.
        """

    def follow(self, handle: AttemptHandle) -> AsyncIterator[Sequence[AnyFrame | LogLine]]:
        """Yields all frames and log lines from the first on, in batches, and ends when there
        can be no more: with the attempt, or a moment before that where its runner has said so.
        Raises EngineUnavailable when the engine goes away, AttemptGone."""

    async def wait(self, handle: AttemptHandle) -> AttemptEnding:
        """Returns when the attempt has ended."""

    async def stop(self, handle: AttemptHandle, *, grace_seconds: float) -> None:
        """Sends SIGTERM, and SIGKILL after the grace; no error where it has ended already."""

    async def kept(self, handle: AttemptHandle, name: str) -> bytes | None:
        """Returns a file that the runner keeps beside the attempt, also of one that was killed.

        None where there is none, or it is larger than 64 MiB. Raises EngineUnavailable.
        """

    async def remove(self, handle: AttemptHandle) -> None:
        """Removes what is left of the attempt; no error where nothing is."""

    async def list(self, store_id: str) -> tuple[AttemptHandle, ...]:
        """Returns the attempts of a store that exist, running or ended."""

    async def close(self) -> None:
        """Closes connections and leaves attempts running."""
