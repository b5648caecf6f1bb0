"""A run in the hands of a caller."""

from __future__ import annotations

import os
import warnings
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload
from urllib.parse import quote

import msgspec

from jupyter_batch.client.arguments.shape_check import check_number
from jupyter_batch.client.cells import Cells, cells_of
from jupyter_batch.client.downloads import save
from jupyter_batch.client.results import fetch_answers, fetch_results
from jupyter_batch.client.run_html import run_card
from jupyter_batch.client.run_properties import RunFacts
from jupyter_batch.client.transport.answers import AnswerDecoder, decode_answer
from jupyter_batch.client.transport.event_stream import follow_run
from jupyter_batch.client.transport.http_client import Connection, Params
from jupyter_batch.client.wait import ended, wait_by_asking
from jupyter_batch.containment import join_inside
from jupyter_batch.domain.artifact import Artifact as ArtifactRecord
from jupyter_batch.domain.events import RunEvent
from jupyter_batch.domain.plain_text import plain_text
from jupyter_batch.domain.recording import LogLine
from jupyter_batch.domain.run import Run as RunRecord
from jupyter_batch.errors import BatchError, InvalidInput, RunFailed
from jupyter_batch.wire.responses import ArtifactList, LogPage, OutputList
from jupyter_batch.wire.results import ResultAnswer

if TYPE_CHECKING:
    from nbformat import NotebookNode

_LOG_PAGE = 10_000

_run = AnswerDecoder(RunRecord)


def never_started(run: RunFacts) -> str | None:
    """Returns what there is to say of the notebook of a run that is over and never started."""
    if not run.is_over or run.succeeded or run.attempts or run.cell_count.done:
        return None
    why = f": {plain_text(run.reason)}" if run.reason else ""
    return (
        f"run {run.id} ({run.name}) never started, it is {run.state}{why}; its notebook is as it "
        "was given, without outputs"
    )


class Artifact:
    """A file that the notebook wrote to its output folder."""

    def __init__(self, connection: Connection, run_id: str, record: ArtifactRecord) -> None:
        self._connection = connection
        self._run_id = run_id
        #: Relative to the output folder, with ``/``.
        self.path = record.path
        self.size_bytes = record.size_bytes
        self.sha256 = record.sha256
        self.media_type = record.media_type
        self.attempt_no = record.attempt_no

    def read(self) -> bytes:
        """Returns the whole content."""
        return self._connection.get(*self._place)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes it to a file, or under its own name below a folder that exists; returns where.

        Raises UnsafePath where its name, or a link, would lead out of the folder.
        """
        target = Path(path)
        if target.is_dir():
            target = join_inside(target, self.path)
        return save(self._connection, *self._place, target)

    @property
    def _place(self) -> tuple[str, Params]:
        path = f"runs/{self._run_id}/artifacts/{quote(self.path)}"
        return path, {"attempt": self.attempt_no}

    def __repr__(self) -> str:
        return f"<Artifact {self.path!r} {self.size_bytes} bytes>"


class Run(RunFacts):
    """One execution of a notebook: its facts, and what can be done with it."""

    def __init__(self, connection: Connection, record: RunRecord) -> None:
        super().__init__(record)
        self._connection = connection

    def refresh(self) -> Run:
        """Asks the server for the newest facts."""
        self._record = _run.decode(self._connection.get(f"runs/{self.id}"))
        return self

    def wait(self, timeout: float | None = None) -> Run:
        """Returns when the run is over; raises WaitTimeout after so many seconds.

        The run goes on after a WaitTimeout, which is a TimeoutError.
        """
        return wait_by_asking(
            self, self._ask, name=f"run {self.id}", timeout=timeout, pause=self._connection.pause
        )

    def __await__(self) -> Generator[Any, None, Run]:
        """Waits for the end while the event loop goes on: ``await run``."""
        return ended(self).__await__()

    def check(self) -> Run:
        """Raises RunFailed unless the run has succeeded."""
        if not self.succeeded:
            raise RunFailed(
                f"run {self.id} ({self.name}) is {self.state}"
                + (f": {plain_text(self.reason)}" if self.reason else ""),
                run_id=self.id,
                state=str(self.state),
                reason=self.reason,
            )
        return self

    def follow(self, after: int = 0, *, outputs: bool = True) -> Iterator[RunEvent]:
        """Yields what has happened and what happens, until the run is over.

        Without ``outputs`` what cells print and show is left out.

        ``after`` is the ``event_id`` of the last event already seen.
        """
        yield from follow_run(self._connection, self.id, after=after, outputs=outputs)
        self.refresh()

    def cancel(self) -> Run:
        """Asks for the run to end; raises Conflict where it is over."""
        self._record = _run.decode(self._connection.post(f"runs/{self.id}/cancel"))
        return self

    def retry(self) -> Run:
        """Queues one more attempt; raises Conflict unless it is over and did not succeed."""
        self._record = _run.decode(self._connection.post(f"runs/{self.id}/retry", once=True))
        return self

    def delete(self) -> None:
        """Removes the run and all its records; raises Conflict where it is not over."""
        self._connection.delete(f"runs/{self.id}")

    @overload
    def notebook(
        self, format: Literal["ipynb"] = ..., *, attempt: int | None = ...
    ) -> NotebookNode: ...

    @overload
    def notebook(self, format: Literal["html"], *, attempt: int | None = ...) -> str: ...

    def notebook(self, format: str = "ipynb", *, attempt: int | None = None) -> Any:
        """Returns the executed notebook as far as it has come: a NotebookNode, or HTML text."""
        # One text, that nothing here holds on to: it may be large.
        self._warn_where_nothing_ran()
        content = self._connection.get(*self._notebook(format, attempt))
        try:
            text = content.decode()
            # It may be large, and is not to be held twice.
            del content
            if format == "html":
                return text
            import nbformat

            return nbformat.reads(text, as_version=nbformat.NO_CONVERT)  # type: ignore[no-untyped-call]
        except ValueError as error:
            raise BatchError("the server's answer is no notebook, or not whole") from error

    def save_notebook(
        self,
        path: str | os.PathLike[str],
        *,
        format: str | None = None,
        attempt: int | None = None,
    ) -> Path:
        """Writes the executed notebook to a file (HTML where its name ends so); returns where."""
        self._warn_where_nothing_ran()
        target = Path(path)
        html = target.suffix.lower() in {".html", ".htm"}
        place = self._notebook(format or ("html" if html else "ipynb"), attempt)
        return save(self._connection, *place, target)

    def cells(self, attempt: int | None = None, *, outputs: bool = False) -> Cells:
        """Returns the cell records of an attempt, of the newest by default.

        With ``outputs`` each has its outputs in nbformat, as JSON texts; very large ones are
        left out and counted in ``outputs_omitted``.
        """
        known = check_number(attempt, "attempt")
        params = {"attempt": known, "outputs": "true" if outputs else None}
        content = self._connection.get(f"runs/{self.id}/cells", params)
        return cells_of(content)

    def outputs(
        self, attempt: int | None = None, *, cell: int | None = None
    ) -> dict[int, list[dict[str, Any]]]:
        """Returns outputs in nbformat by cell index, also of the cell that is running.

        Of all cells, or of one. Very large ones are left out; the notebook has them.
        """
        params = {
            "attempt": check_number(attempt, "attempt"),
            "cell": check_number(cell, "cell", least=0),
        }
        content = self._connection.get(f"runs/{self.id}/outputs", params)
        found: dict[int, list[dict[str, Any]]] = {}
        for item in decode_answer(content, OutputList).items:
            found.setdefault(item.cell_index, []).append(msgspec.json.decode(item.output))
        return found

    def results(self, attempt: int | None = None) -> dict[str, Any]:
        """Returns what the notebook has recorded by ``jb.record``, by name, in order.

        Of the newest attempt by default. Data frames come as DataFrames, which needs pandas.
        """
        return fetch_results(self._connection, self.id, attempt=attempt)

    def result_answers(self, attempt: int | None = None) -> tuple[ResultAnswer, ...]:
        """Returns the results as the server tells them: types, sizes and JSON."""
        return fetch_answers(self._connection, self.id, attempt=attempt)

    def log(self, attempt: int | None = None) -> str:
        """Returns the log (stderr) of an attempt, of the newest by default."""
        return "".join(f"{line.text}\n" for line in self.log_lines(attempt))

    def log_lines(self, attempt: int | None = None, *, after: int = 0) -> Iterator[LogLine]:
        """Yields the lines of the log above a number that there are now."""
        check_number(attempt, "attempt")
        check_number(after, "after", least=0)
        while True:
            params = {"attempt": attempt, "after": after, "limit": _LOG_PAGE}
            content = self._connection.get(f"runs/{self.id}/logs", params)
            page = decode_answer(content, LogPage)
            yield from page.items
            if page.next_after is None:
                return
            after = page.next_after

    @property
    def artifacts(self) -> tuple[Artifact, ...]:
        """The files that the notebook wrote to the folder in ``JUPYTER_BATCH_OUTPUT``."""
        return tuple(Artifact(self._connection, self.id, a) for a in self._all_artifacts())

    def _all_artifacts(self) -> tuple[ArtifactRecord, ...]:
        """Returns them all, of which the run itself has only the first thousand."""
        known = self._record.artifacts
        if self._record.artifact_count in (None, len(known)):
            return known
        found: list[ArtifactRecord] = []
        cursor: str | None = None
        while True:
            content = self._connection.get(f"runs/{self.id}/artifacts", {"cursor": cursor})
            page = decode_answer(content, ArtifactList)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                return tuple(found)

    def _repr_html_(self) -> str:
        return run_card(self, self._record.artifacts, self._record.artifact_count)

    def _ask(self, patience: float) -> None:
        """Asks for the newest facts, which come at the end of the run or after so many seconds."""
        params = {"wait_seconds": f"{patience:.3f}"}
        self._record = _run.decode(self._connection.get(f"runs/{self.id}", params))

    def _warn_where_nothing_ran(self) -> None:
        said = never_started(self)
        if said is not None:
            warnings.warn(said, UserWarning, stacklevel=3)

    def _notebook(self, format: str, attempt: int | None) -> tuple[str, Params]:
        check_number(attempt, "attempt")
        if format not in ("ipynb", "html"):
            raise InvalidInput(f"format is 'ipynb' or 'html', not {format!r}", field="format")
        return f"runs/{self.id}/notebook", {"format": format, "attempt": attempt}
