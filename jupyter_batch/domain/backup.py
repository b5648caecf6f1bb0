"""What a backup says of itself."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from jupyter_batch.domain.run import Run, RunState
from jupyter_batch.domain.value import Value

#: Of the way in which a backup is laid out.
FORMAT = 1


class BackedUpFile(Value, frozen=True, kw_only=True):
    """One file in a backup."""

    name: str
    size_bytes: int


class BackupManifest(Value, frozen=True, kw_only=True):
    """The table of contents; it is written last, so a backup that has it is whole."""

    format: int = FORMAT
    #: Of jupyter_batch.
    version: str
    made_at: datetime
    store_id: str
    #: Where the store lives, to tell a return to its place from a copy elsewhere.
    host: str
    data_dir: str
    #: Of the two kinds of databases.
    records_version: int
    outputs_version: int
    jobs: int
    runs: int
    files: tuple[BackedUpFile, ...]
    #: Output files of the store that could not be read; what their runs have left is not in here.
    missing: tuple[str, ...] = ()


class RestoreReport(Value, frozen=True, kw_only=True):
    """What a restore has done."""

    data_dir: str
    store_id: str
    #: Whether the store is a copy: it has an id of its own, and its schedules rest.
    is_copy: bool
    made_at: datetime
    jobs: int
    runs: int
    #: Runs that were not over when the backup was made.
    lost: int
    #: Jobs whose schedules were put to rest.
    paused: int
    #: Where the store that was there before lies now; None where there was none.
    kept_as: str | None = None
    missing: tuple[str, ...] = ()


class RepairReport(Value, frozen=True, kw_only=True):
    """What a repair has done, or would do."""

    data_dir: str
    #: What was wrong with the records database.
    trouble: str
    #: Output files that could be read.
    files: int
    #: Runs that are on record again.
    runs: int
    #: Output files that could not be read, and why; they are left as they are.
    unreadable: tuple[str, ...] = ()
    #: Where the damaged database lies now; None where there was none.
    kept_as: str | None = None
    dry_run: bool = False


def lose_restored(run: Run, *, at: datetime, made_at: datetime) -> Run:
    """Returns a run that was not over when its backup was made as what it is in the restored store.

    Nobody knows what became of it since, so nothing takes it up by itself; it can be retried.
    """
    when = made_at.isoformat(timespec="seconds")
    if run.state is RunState.QUEUED:
        reason = (
            f"it waited in the queue when the backup of {when} was made, from which the store was "
            "restored; retry it unless it ran afterwards"
        )
    else:
        reason = (
            f"it was {run.state} when the backup of {when} was made, from which the store was "
            "restored"
        )
    attempt = run.attempt
    if attempt is not None and not attempt.state.is_terminal:
        run = run.with_attempt(replace(attempt, state=RunState.LOST, reason=reason, finished_at=at))
    return run.move_to(RunState.LOST, at=at, reason=reason)
