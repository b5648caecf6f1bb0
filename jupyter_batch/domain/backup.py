"""The manifest of a backup, and the reports of a restore and of a repair."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from jupyter_batch.domain.run import Run, RunState
from jupyter_batch.domain.value import Value

#: Version of the layout of a backup.
FORMAT = 1


class BackedUpFile(Value, frozen=True, kw_only=True):
    """One file in a backup."""

    name: str
    size_bytes: int


class BackupManifest(Value, frozen=True, kw_only=True):
    """The table of contents. It is written last, so a backup that has it is complete."""

    format: int = FORMAT
    #: Version of jupyter_batch that made the backup.
    version: str
    made_at: datetime
    store_id: str
    #: Host of the store. With it a restore in place is distinguished from a copy elsewhere.
    host: str
    data_dir: str
    #: Schema versions of the two kinds of databases.
    records_version: int
    outputs_version: int
    jobs: int
    runs: int
    files: tuple[BackedUpFile, ...]
    #: Output files of the store that could not be read. The backup lacks their runs' outputs.
    missing: tuple[str, ...] = ()


class RestoreReport(Value, frozen=True, kw_only=True):
    """The result of a restore."""

    data_dir: str
    store_id: str
    #: Whether the store is a copy: it has an id of its own, and its schedules are paused.
    is_copy: bool
    made_at: datetime
    jobs: int
    runs: int
    #: Runs that were not over when the backup was made.
    lost: int
    #: Jobs whose schedules were paused.
    paused: int
    #: New path of the store that was there before; None if there was none.
    kept_as: str | None = None
    missing: tuple[str, ...] = ()


class RepairReport(Value, frozen=True, kw_only=True):
    """The result of a repair, or of its dry run."""

    data_dir: str
    #: The fault of the records database.
    trouble: str
    #: Output files that could be read.
    files: int
    #: Runs that were recovered.
    runs: int
    #: Output files that could not be read, with the reason. They are not changed.
    unreadable: tuple[str, ...] = ()
    #: New path of the damaged database; None if there was none.
    kept_as: str | None = None
    dry_run: bool = False


def lose_restored(run: Run, *, at: datetime, made_at: datetime) -> Run:
    """Returns the restored copy of a run that was not over when its backup was made.

    The run is ``lost``, because its outcome since then is unknown. It can be retried.
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
