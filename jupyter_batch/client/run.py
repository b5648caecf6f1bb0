"""A run in the hands of a caller."""

from __future__ import annotations

import os
import warnings
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import msgspec

from jupyter_batch.client.arguments.shape_check import check_number
from jupyter_batch.client.artifacts import Artifact, fetch_artifacts
from jupyter_batch.client.cells import Cells, cells_of
from jupyter_batch.client.downloads import save
from jupyter_batch.client.results import fetch_answers, fetch_results
from jupyter_batch.client.run_html import run_card
from jupyter_batch.client.run_properties import RunFacts
from jupyter_batch.client.transport.answers import AnswerDecoder, decode_answer
from jupyter_batch.client.transport.event_stream import follow_run
from jupyter_batch.client.transport.http_client import Connection, Params
from jupyter_batch.client.wait import ended, wait_by_polling
from jupyter_batch.domain.events import RunEvent
from jupyter_batch.domain.plain_text import plain_text
from jupyter_batch.domain.recording import LogLine
from jupyter_batch.domain.run import Run as RunRecord
from jupyter_batch.errors import BatchError, InvalidInput, RunFailed
from jupyter_batch.wire.responses import LogPage, OutputList
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


class Run(RunFacts):
    """One execution of a notebook: its properties, and what can be done with it.

    The properties have the values of the last request; ``refresh()`` requests them again.
    """

    def __init__(self, connection: Connection, record: RunRecord) -> None:
        super().__init__(record)
        self._connection = connection

    def refresh(self) -> Run:
        """Request the newest state from the server.

        Returns
        -------
        Run
            This run.
        """
        self._record = _run.decode(self._connection.get(f"runs/{self.id}"))
        return self

    def wait(self, timeout: float | None = None) -> Run:
        """Wait until the run is finished.

        Parameters
        ----------
        timeout : float, optional
            Time limit in seconds. Default: no limit.

        Returns
        -------
        Run
            This run.

        Raises
        ------
        WaitTimeout
            The time is up. The run continues.
        """
        return wait_by_polling(
            self, self._ask, name=f"run {self.id}", timeout=timeout, pause=self._connection.pause
        )

    def __await__(self) -> Generator[Any, None, Run]:
        """Waits for the end while the event loop goes on: ``await run``."""
        return ended(self).__await__()

    def check(self) -> Run:
        """Raise RunFailed unless the run has succeeded.

        Returns
        -------
        Run
            This run.

        Raises
        ------
        RunFailed
            The run has not succeeded.
        """
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
        """Yield the events of the run, past and new, until it is finished.

        Parameters
        ----------
        after : int, default 0
            The ``event_id`` of the last event to leave out.
        outputs : bool, default True
            If false, leave out the events that have outputs of cells.

        Yields
        ------
        RunEvent
            The next event.
        """
        yield from follow_run(self._connection, self.id, after=after, outputs=outputs)
        self.refresh()

    def cancel(self) -> Run:
        """Request the end of the run.

        Returns
        -------
        Run
            This run.

        Raises
        ------
        Conflict
            The run is finished.
        """
        self._record = _run.decode(self._connection.post(f"runs/{self.id}/cancel"))
        return self

    def retry(self) -> Run:
        """Queue one more attempt of a run that ended without success.

        Returns
        -------
        Run
            This run.

        Raises
        ------
        Conflict
            The run is not finished, or has succeeded.
        """
        self._record = _run.decode(self._connection.post(f"runs/{self.id}/retry", once=True))
        return self

    def delete(self) -> None:
        """Delete the run and all its records.

        Raises
        ------
        Conflict
            The run is not finished.
        """
        self._connection.delete(f"runs/{self.id}")

    @overload
    def notebook(
        self, format: Literal["ipynb"] = ..., *, attempt: int | None = ...
    ) -> NotebookNode: ...

    @overload
    def notebook(self, format: Literal["html"], *, attempt: int | None = ...) -> str: ...

    def notebook(self, format: str = "ipynb", *, attempt: int | None = None) -> Any:
        """Returns the executed notebook, as far as it has been executed.

        Parameters
        ----------
        format : {"ipynb", "html"}, default "ipynb"
            Format of the notebook.
        attempt : int, optional
            Number of the attempt, from 1. Default: the newest.

        Returns
        -------
        nbformat.NotebookNode or str
            The notebook, or an HTML page.

        Raises
        ------
        InvalidInput
            ``format`` or ``attempt`` is not valid.
        NotFound
            There is no such attempt.
        """
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
        """Write the executed notebook to a file.

        Parameters
        ----------
        path : str or path-like
            The file.
        format : {"ipynb", "html"}, optional
            Format of the notebook. Default: as the file's name ends.
        attempt : int, optional
            Number of the attempt, from 1. Default: the newest.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        InvalidInput
            ``format`` or ``attempt`` is not valid.
        """
        self._warn_where_nothing_ran()
        target = Path(path)
        html = target.suffix.lower() in {".html", ".htm"}
        place = self._notebook(format or ("html" if html else "ipynb"), attempt)
        return save(self._connection, *place, target)

    def cells(self, attempt: int | None = None, *, outputs: bool = False) -> Cells:
        """Returns the cell records of an attempt.

        Parameters
        ----------
        attempt : int, optional
            Number of the attempt, from 1. Default: the newest.
        outputs : bool, default False
            If true, the records have their outputs in nbformat, as JSON texts. Very large ones are
            left out and counted in ``outputs_omitted``.

        Returns
        -------
        Cells
            The records, as a list.
        """
        known = check_number(attempt, "attempt")
        params = {"attempt": known, "outputs": "true" if outputs else None}
        content = self._connection.get(f"runs/{self.id}/cells", params)
        return cells_of(content)

    def outputs(
        self, attempt: int | None = None, *, cell: int | None = None
    ) -> dict[int, list[dict[str, Any]]]:
        """Returns the outputs of cells, also of the cell that is being executed.

        Parameters
        ----------
        attempt : int, optional
            Number of the attempt, from 1. Default: the newest.
        cell : int, optional
            Index of one cell, from 0. Default: all cells.

        Returns
        -------
        dict of int to list of dict
            Outputs in nbformat by cell index. Very large ones are left out; the notebook has them.
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
        """Returns the values that the notebook recorded with ``jb.record``.

        Parameters
        ----------
        attempt : int, optional
            Number of the attempt, from 1. Default: the newest.

        Returns
        -------
        dict
            The values by name, in order. Data frames need pandas.
        """
        return fetch_results(self._connection, self.id, attempt=attempt)

    def result_answers(self, attempt: int | None = None) -> tuple[ResultAnswer, ...]:
        """Returns the recorded values in the form of the REST interface.

        Parameters
        ----------
        attempt : int, optional
            Number of the attempt, from 1. Default: the newest.

        Returns
        -------
        tuple of ResultAnswer
            Types, sizes and JSON of the values.
        """
        return fetch_answers(self._connection, self.id, attempt=attempt)

    def log(self, attempt: int | None = None) -> str:
        """Returns the log (stderr) of an attempt.

        Parameters
        ----------
        attempt : int, optional
            Number of the attempt, from 1. Default: the newest.

        Returns
        -------
        str
            The log.
        """
        return "".join(f"{line.text}\n" for line in self.log_lines(attempt))

    def log_lines(self, attempt: int | None = None, *, after: int = 0) -> Iterator[LogLine]:
        """Yield the lines of the log that exist now.

        Parameters
        ----------
        attempt : int, optional
            Number of the attempt, from 1. Default: the newest.
        after : int, default 0
            Number of the last line to leave out.

        Yields
        ------
        LogLine
            The next line.
        """
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
        """Files that the notebook wrote to the folder in ``JUPYTER_BATCH_OUTPUT``."""
        return fetch_artifacts(self._connection, self._record)

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
