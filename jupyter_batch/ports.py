"""What the services need from outside, in the words of the domain."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import msgspec

from jupyter_batch.domain.cell import CellRecord
from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.events import RunEvent
from jupyter_batch.domain.frames import AnyFrame
from jupyter_batch.domain.job import Job
from jupyter_batch.domain.notebook import FrozenFile, FrozenNotebook
from jupyter_batch.domain.parameters import ParameterSchema
from jupyter_batch.domain.queries import JobQuery, Page, RunQuery
from jupyter_batch.domain.recording import LogLine, Recording, Watermark
from jupyter_batch.domain.run import Run, RunState
from jupyter_batch.domain.value import Value


class Clock(Protocol):
    """The only way to the time."""

    def now(self) -> datetime:
        """Returns the instant, aware, in UTC."""

    async def sleep(self, seconds: float) -> None:
        """Returns after so many seconds."""


class EventSink(Protocol):
    """Hears of events after they have been committed, in the order of the commits."""

    def publish(self, events: Sequence[RunEvent]) -> None:
        """Takes events; called on the event loop, never blocks, never raises."""


class JobStore(Protocol):
    """Jobs."""

    async def add(self, job: Job, *, idempotency_key: str | None = None) -> Job:
        """Stores a new job; raises Conflict where the name is taken.

        With a key that the same ``created_by`` has used before, returns the job made then.
        """

    async def get(self, job_id: str) -> Job | None:
        """Returns the job, or None."""

    async def find(self, name: str) -> Job | None:
        """Returns the job of that name, or None."""

    async def list(self, query: JobQuery) -> Page[Job]:
        """Returns a page, newest first."""

    async def update(self, job_id: str, change: Callable[[Job], Job]) -> Job:
        """Replaces a job by what ``change`` makes of it; raises NotFound, Conflict (name)."""

    async def delete(self, job_id: str) -> None:
        """Removes the job and leaves its runs; raises NotFound."""


class RunStore(Protocol):
    """Runs with their attempts, and the events of their states."""

    async def add(
        self, run: Run, frozen: FrozenNotebook, *, idempotency_key: str | None = None
    ) -> Run:
        """Stores a new run and what it has frozen; committed when this returns.

        With a key that the same ``created_by`` has used before, stores nothing and returns the
        run made then.
        """

    async def get(self, run_id: str) -> Run | None:
        """Returns the run, or None."""

    async def list(self, query: RunQuery) -> Page[Run]:
        """Returns a page, newest first. A row that cannot be read is left out and logged."""

    async def update(self, run_id: str, change: Callable[[Run], Run], *, at: datetime) -> Run:
        """Replaces a run by what ``change`` makes of it, in one transaction; raises NotFound.

        ``change`` runs in the writer, sees the newest run, and must be pure; what it raises is
        raised here, and nothing is stored. Where the state or its reason differs afterwards a
        ``state`` event of instant ``at`` is stored along.
        """

    async def queued(self, *, now: datetime, limit: int) -> tuple[Run, ...]:
        """Returns queued runs whose ``not_before`` has passed: by priority, then by age."""

    async def next_not_before(self) -> datetime | None:
        """Returns the earliest future ``not_before`` among queued runs, or None."""

    async def active(self) -> tuple[Run, ...]:
        """Returns the runs that are starting, running or cancelling."""

    async def count(self) -> Mapping[RunState, int]:
        """Returns how many runs there are in each state; states with none may be missing."""

    async def delete(self, run_ids: Sequence[str]) -> int:
        """Removes runs and all that was recorded of them; returns how many there were.

        Their disk space goes back to the system soon after (see ``Store.reclaim``). The caller
        has made sure that they are terminal.
        """

    async def frozen(self, run_id: str) -> FrozenNotebook:
        """Returns what the run has frozen; raises NotFound."""


class OutputRecord(Value, frozen=True, kw_only=True):
    """One output of a cell as it now stands."""

    attempt_no: int
    cell_index: int
    output_no: int
    output_type: str
    #: JSON text of the nbformat output.
    body: str


class RecordStore(Protocol):
    """What attempts have left: cells, outputs, documents, logs, artifacts, events."""

    async def record(
        self, recording: Recording, change: Callable[[Run], Run] | None = None
    ) -> None:
        """Stores a recording; what is at or below the watermark is left out.

        ``change`` (counts, error, artifacts of the run) is applied along with it. A crash
        at any moment leaves the watermark such that reading the attempt again completes it.
        """

    async def watermark(self, run_id: str, attempt_no: int) -> Watermark:
        """Returns how far the attempt has been recorded; zeros for nothing yet."""

    async def cells(self, run_id: str, attempt_no: int) -> tuple[CellRecord, ...]:
        """Returns the cell records so far, in order."""

    def outputs(
        self, run_id: str, attempt_no: int, cell_index: int | None = None
    ) -> AsyncIterator[OutputRecord]:
        """Yields outputs as they now stand, by cell and number."""

    async def document(self, run_id: str, attempt_no: int, name: str) -> str | None:
        """Returns a document's whole text (see frames.Document), or None where it is not whole."""

    async def log(
        self, run_id: str, attempt_no: int, *, after_line: int = 0, limit: int = 10_000
    ) -> tuple[LogLine, ...]:
        """Returns lines of the log, in order."""

    def artifact(self, run_id: str, attempt_no: int, path: str) -> AsyncIterator[bytes]:
        """Yields an artifact's bytes in slices; none for an empty or unknown one."""

    async def events(
        self, *, run_id: str | None = None, after: int = 0, limit: int = 1000
    ) -> tuple[RunEvent, ...]:
        """Returns events in order.

        With ``run_id``: of that run, outputs included (kind ``output``), with an ``event_id``
        above ``after``. Without: of all runs, outputs left out, with a ``position`` above
        ``after``.
        """

    async def last_position(self) -> int:
        """Returns the position of the newest event, 0 for none."""


class Store(Protocol):
    """One data folder, opened by its owner."""

    @property
    def id(self) -> str:
        """Names the store for ever; containers are labelled with it."""

    @property
    def jobs(self) -> JobStore: ...

    @property
    def runs(self) -> RunStore: ...

    @property
    def records(self) -> RecordStore: ...

    async def reclaim(self) -> int:
        """Gives the space of what was deleted back to the system; returns the bytes."""

    async def close(self) -> None:
        """Finishes what is being written and lets go of the files."""


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
    """What an executor is asked to start."""

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


class Ending(Value, frozen=True, kw_only=True):
    """How a container or process ended, as the engine tells it."""

    exit_code: int | None = None
    oom_killed: bool = False
    #: The engine's own words where it has any.
    error: str | None = None


class ImageReport(Value, frozen=True, kw_only=True):
    """What an environment offers."""

    image: str | None = None
    image_digest: str | None = None
    python: str
    papermill: str
    #: Name to language.
    kernels: dict[str, str]


class ExecutorHealth(Value, frozen=True, kw_only=True):
    """Whether an executor can be used."""

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
    """Where attempts run. Blocking libraries sit behind threads in the adapter.

    Errors: EngineUnavailable, ImageNotFound, ImageUnusable, AttemptGone, NotAllowed,
    InvalidInput; nothing of a third party leaves.
    """

    @property
    def name(self) -> str:
        """``docker`` or ``process``."""

    async def health(self) -> ExecutorHealth:
        """Says whether attempts could be started now; never raises."""

    def resolve(self, environment: Environment) -> Environment:
        """Fills in the defaults and checks the limits; raises InvalidInput, NotAllowed."""

    async def inspect(self, environment: Environment) -> ImageReport | None:
        """Says what the environment offers, from a cache where it can; None where the image
        is not there yet or the engine does not answer. Raises ImageUnusable."""

    async def prepare(self, environment: Environment, progress: ProgressCallback) -> Environment:
        """Makes sure that the image is there (pulls or builds it, with progress) and usable;
        returns the environment with its ``image_digest``."""

    async def start(self, spec: AttemptSpec) -> AttemptHandle:
        """Starts an attempt. Starting the same name again returns the handle of the first."""

    def follow(self, handle: AttemptHandle) -> AsyncIterator[Sequence[AnyFrame | LogLine]]:
        """Yields all frames and log lines from the first on, in batches, and ends with the
        attempt. Raises EngineUnavailable when the engine goes away, AttemptGone."""

    async def wait(self, handle: AttemptHandle) -> Ending:
        """Returns when the attempt has ended."""

    async def stop(self, handle: AttemptHandle, *, grace_seconds: float) -> None:
        """Sends SIGTERM, and SIGKILL after the grace; no error where it has ended already."""

    async def remove(self, handle: AttemptHandle) -> None:
        """Removes what is left of the attempt; no error where nothing is."""

    async def list(self, store_id: str) -> tuple[AttemptHandle, ...]:
        """Returns the attempts of a store that exist, running or ended."""

    async def close(self) -> None:
        """Lets go of connections; leaves attempts running."""


class ExecutedParts(msgspec.Struct, frozen=True, kw_only=True):
    """What the executed notebook of an attempt is assembled from, whole or not."""

    frozen: FrozenNotebook
    #: Text of the ``skeleton`` document; None where the attempt did not get that far.
    skeleton: str | None
    #: Text of the ``metadata`` document; None where the runner did not get to its end.
    metadata: str | None
    cells: tuple[CellRecord, ...]
    outputs: tuple[OutputRecord, ...]
    #: Cell that papermill's error markers go to; None for no markers.
    error_cell: int | None = None


class Notebooks(Protocol):
    """Notebooks on the server's disk below its root, and what is made of them."""

    async def freeze(
        self, path: str, files: Sequence[str], content: bytes | None = None
    ) -> FrozenNotebook:
        """Reads the notebook and the files that match the patterns beside it.

        With ``content`` the notebook is that, and nothing is read for it. Raises InvalidInput
        (outside the root), NotFound, InvalidNotebook, TooLarge.
        """

    async def schema(self, content: bytes) -> ParameterSchema:
        """Infers the parameters; raises InvalidNotebook."""

    async def assemble(self, parts: ExecutedParts) -> bytes:
        """Returns the executed notebook, valid nbformat, as papermill would have written it."""

    async def html(self, notebook: bytes) -> bytes:
        """Renders a notebook as one HTML page that loads nothing from elsewhere."""


class Secrets(Protocol):
    """Where secrets come from."""

    async def get(self, names: Sequence[str], *, user: str) -> dict[str, str]:
        """Returns the values; raises InvalidInput naming the first one that is unknown."""
