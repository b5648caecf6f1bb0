"""The runs of a server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Unpack
from urllib.parse import quote

import msgspec

from jupyter_batch.client.connection import Connection
from jupyter_batch.client.options import RunOptions, on_the_wire, plain, takes_options
from jupyter_batch.client.run import Run
from jupyter_batch.domain.run import Run as RunRecord
from jupyter_batch.domain.run import RunState
from jupyter_batch.errors import InvalidInput
from jupyter_batch.wire.answers import Deleted, RunList

if TYPE_CHECKING:
    from jupyter_batch.client.jobs import Job

#: Returns the fields of a request that name a notebook, and the files that go with it.
NameNotebook = Callable[[str | os.PathLike[str], list[str]], dict[str, Any]]

#: Runs on one page; lists fetch pages as they are consumed.
_PAGE = 200

_run = msgspec.json.Decoder(RunRecord)


class Runs:
    """Submits runs, finds them, and does things to them by id."""

    def __init__(self, connection: Connection, name_notebook: NameNotebook) -> None:
        self._connection = connection
        self._name_notebook = name_notebook

    @takes_options
    def submit(
        self,
        path: str | os.PathLike[str],
        parameters: Mapping[str, Any] | None = None,
        **options: Unpack[RunOptions],
    ) -> Run:
        """Queues a run of a notebook of this machine and returns at once.

        Raises NotFound, InvalidInput (InvalidParameters, InvalidNotebook, ...), NotAllowed: in
        every such case there is no run.
        """
        body = on_the_wire(options)
        files = body.pop("files", [])
        body |= self._name_notebook(path, files)
        if parameters:
            body["parameters"] = plain_parameters(parameters)
        return Run(self._connection, _run.decode(self._connection.post("runs", body, once=True)))

    def get(self, run_id: str) -> Run:
        """Returns a run; raises NotFound."""
        content = self._connection.get(f"runs/{_safe(run_id)}")
        return Run(self._connection, _run.decode(content))

    def list(
        self,
        *,
        state: str | RunState | Sequence[str | RunState] | None = None,
        job: str | Job | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        q: str | None = None,
        limit: int | None = None,
    ) -> Iterator[Run]:
        """Yields runs, newest first, fetching pages as it goes.

        ``since`` and ``until`` bound the creation; one without a zone is local time. ``q`` is a
        text that the name, the notebook's path or the id contains. Raises InvalidInput.
        """
        states = [state] if isinstance(state, str) else list(state or ())
        params: dict[str, str | None] = {
            "state": ",".join(str(s) for s in states) or None,
            "job_id": job if job is None or isinstance(job, str) else job.id,
            "since": _instant(since),
            "until": _instant(until),
            "q": q or None,
        }
        if limit is not None and limit < 1:
            raise InvalidInput("limit is at least 1", field="limit")
        return islice(self._pages(params, min(limit or _PAGE, _PAGE)), limit)

    def cancel(self, run_id: str) -> Run:
        """Asks for a run to end; raises NotFound, Conflict where it is over."""
        content = self._connection.post(f"runs/{_safe(run_id)}/cancel")
        return Run(self._connection, _run.decode(content))

    def retry(self, run_id: str) -> Run:
        """Queues one more attempt of a run that ended without success; raises Conflict."""
        content = self._connection.post(f"runs/{_safe(run_id)}/retry", once=True)
        return Run(self._connection, _run.decode(content))

    def delete(self, run_id: str) -> None:
        """Removes a run that is over, and all its records; raises NotFound, Conflict."""
        self._connection.delete(f"runs/{_safe(run_id)}")

    def delete_many(self, run_ids: Sequence[str]) -> int:
        """Removes all of them or, where one is not over, none (Conflict); returns how many."""
        content = self._connection.delete("runs", {"ids": list(run_ids)})
        return msgspec.json.decode(content, type=Deleted).deleted

    def _pages(self, params: dict[str, str | None], size: int) -> Iterator[Run]:
        cursor: str | None = None
        while True:
            content = self._connection.get("runs", {**params, "limit": size, "cursor": cursor})
            page = msgspec.json.decode(content, type=RunList)
            for record in page.items:
                yield Run(self._connection, record)
            cursor = page.next_cursor
            if cursor is None:
                return


def plain_parameters(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Returns parameters as JSON can carry them; raises InvalidParameters naming the bad one."""
    return {str(name): plain(value, f"parameters.{name}") for name, value in parameters.items()}


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _safe(run_id: str) -> str:
    """Keeps an id from being read as a path."""
    return quote(str(run_id), safe="") or "-"
