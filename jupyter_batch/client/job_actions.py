"""Acts on a job that is named by its id or its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_batch.client.arguments.instants import (
    AnyInstant,
    datetime_of,
    instant_text,
    utc_text,
    zone_of_job,
)
from jupyter_batch.client.arguments.shape_check import (
    check_number,
    check_text,
)
from jupyter_batch.client.job import Job
from jupyter_batch.client.run import Run
from jupyter_batch.client.run_list import RunList, fetch_runs, run_table
from jupyter_batch.client.runs import plain_parameters
from jupyter_batch.client.transport.answers import AnswerDecoder, decode_answer
from jupyter_batch.client.transport.http_client import Connection
from jupyter_batch.domain.requests import BackfillReport
from jupyter_batch.domain.run import Run as RunRecord
from jupyter_batch.errors import InvalidInput
from jupyter_batch.wire.schedules import Upcoming

_run = AnswerDecoder(RunRecord)


class JobActions:
    """The part of a server's jobs that acts on one of them."""

    _connection: Connection

    def get(self, job: str) -> Job:
        """Returns a job by its id or its name; a subclass implements it.

        Parameters
        ----------
        job : str
            Id or name of the job.

        Returns
        -------
        Job
            The job.
        """
        raise NotImplementedError

    def _act(self, job: str, action: str, body: dict[str, Any]) -> Job:
        raise NotImplementedError

    def runs_of(self, job_id: str, *, limit: int | None = None) -> RunList:
        """Returns the runs of a job, newest first.

        Parameters
        ----------
        job_id : str
            Id of the job.
        limit : int, optional
            Number of runs at most. Default: all.

        Returns
        -------
        RunList
            The runs.
        """
        params = {"job_id": job_id}
        return RunList(
            lambda cursor, size: fetch_runs(self._connection, params, cursor, size),
            what="runs",
            show=run_table,
            limit=limit,
        )

    def delete(self, job: str) -> None:
        """Delete a job; its runs stay.

        Parameters
        ----------
        job : str
            Id or name of the job.

        Raises
        ------
        NotFound
            There is no such job.
        """
        self._connection.delete(f"jobs/{self.get(job).id}")

    def pause(self, job: str, reason: str = "") -> Job:
        """Pause all triggers of a job.

        Parameters
        ----------
        job : str
            Id or name of the job.
        reason : str, default ""
            One sentence for people.

        Returns
        -------
        Job
            The paused job.

        Raises
        ------
        NotFound
            There is no such job.
        """
        body = {"reason": reason} if check_text(reason, "reason") else {}
        return self._act(job, "pause", body)

    def resume(self, job: str) -> Job:
        """Resume the triggers of a paused job.

        Parameters
        ----------
        job : str
            Id or name of the job.

        Returns
        -------
        Job
            The resumed job.

        Raises
        ------
        NotFound
            There is no such job.
        """
        return self._act(job, "resume", {})

    def upcoming(self, job: str, count: int = 5, *, after: AnyInstant | None = None) -> Upcoming:
        """Returns a job's schedule in words and its next times.

        Parameters
        ----------
        job : str
            Id or name of the job.
        count : int, default 5
            Number of times.
        after : datetime, date or str, optional
            Time to start from. Without an offset it is local time of the job's time zone, or of
            this machine if its triggers have several. Default: now.

        Returns
        -------
        Upcoming
            The ``sentence`` and the ``instants``.

        Raises
        ------
        NotFound
            There is no such job.
        InvalidInput
            ``count`` or ``after`` is not valid.
        """
        if after is not None:
            datetime_of(after, "after")
        asked: dict[str, str | int | None] = {"count": check_number(count, "count")}
        known = self.get(job)
        if after is not None:
            zone = zone_of_job(known.record.triggers)
            asked["after"] = instant_text(after, "after", zone=zone)
        content = self._connection.get(f"jobs/{known.id}/upcoming", asked)
        return decode_answer(content, Upcoming)

    def backfill(
        self,
        job: str,
        since: AnyInstant,
        until: AnyInstant,
        *,
        max_concurrent: int = 1,
        parameters: Mapping[str, Any] | None = None,
    ) -> BackfillReport:
        """Queue the runs that a job's schedule would have made in a time span.

        Times whose run succeeded or is not finished yet are left out.

        Parameters
        ----------
        job : str
            Id or name of the job.
        since : datetime, date or str
            Start of the span. Without an offset it is local time of each trigger's time zone.
        until : datetime, date or str
            End of the span. Without an offset it is local time of each trigger's time zone.
        max_concurrent : int, default 1
            Number of these runs that may be active at once.
        parameters : dict, optional
            Values that replace those of the job's parameters.

        Returns
        -------
        BackfillReport
            How many runs were made and how many times were left out.

        Raises
        ------
        NotFound
            There is no such job.
        InvalidInput
            A time, a parameter or ``max_concurrent`` is not valid.
        """
        body = {
            "from": _local_or_utc(since, "from"),
            "to": _local_or_utc(until, "to"),
            "max_concurrent": check_number(max_concurrent, "max_concurrent"),
            "parameters": plain_parameters(parameters or {}),
        }
        content = self._connection.post(f"jobs/{self.get(job).id}/backfill", body)
        return decode_answer(content, BackfillReport)

    def trigger(
        self, job: str, parameters: Mapping[str, Any] | None = None, *, force: bool = False
    ) -> Run:
        """Queue a run of a job now.

        Parameters
        ----------
        job : str
            Id or name of the job.
        parameters : dict, optional
            Values that replace those of the job's parameters.
        force : bool, default False
            If true, ignore the job's overlap policy. Otherwise the run may be skipped.

        Returns
        -------
        Run
            The queued or skipped run.

        Raises
        ------
        NotFound
            There is no such job.
        InvalidInput
            A parameter is not valid.
        """
        body: dict[str, Any] = {"force": True} if force else {}
        if parameters:
            body["parameters"] = plain_parameters(parameters)
        content = self._connection.post(f"jobs/{self.get(job).id}/runs", body, once=True)
        return Run(self._connection, _run.decode(content))


def _local_or_utc(value: Any, field: str) -> str:
    """Returns an instant in UTC, or a local time as it is, for the server to read in each zone."""
    at = datetime_of(value, field)
    try:
        return at.isoformat() if at.utcoffset() is None else utc_text(at)
    except OverflowError as error:
        raise InvalidInput(f"{field} is out of range: {value}", field=field) from error
