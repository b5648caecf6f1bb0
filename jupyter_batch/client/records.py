"""Reads the results and records of all runs."""

from __future__ import annotations

from typing import Any, Unpack

from jupyter_batch.client.arguments.values import pandas_module
from jupyter_batch.client.job import Job
from jupyter_batch.client.results import ResultOptions, Results, sql_frame, sql_table
from jupyter_batch.client.tables import Table


class Records:
    """The part of a client that reads results and executes SQL."""

    _results: Results

    def results(
        self,
        job: str | Job | None = None,
        *,
        limit: int | None = None,
        **options: Unpack[ResultOptions],
    ) -> Any:
        """Returns a DataFrame with a row for each run, newest first.

        Columns: ``run_id``, ``name``, ``state``, ``scheduled_for``, ``started_at``, ``finished_at``
        (UTC), ``duration_seconds``, one for each parameter, and one for each value that ``jb.record``
        kept in the newest attempt. A parameter or result with the name of another column is called
        ``parameters.<name>`` or ``results.<name>``. A data frame or a long value is shown as an object
        whose ``load()`` fetches it.

        Parameters
        ----------
        job : str or Job, optional
            Job of the runs, its name or its id. Default: all runs.
        limit : int, optional
            Number of rows at most. Default: all.
        **options : ResultOptions
            Which runs: ``state``, ``sweep``, ``since``, ``until`` and ``q``, as in ``jb.runs(...)``.

        Returns
        -------
        pandas.DataFrame
            A row for each run. ``Client.results_table`` returns the same without pandas.

        Raises
        ------
        NotFound
            There is no such job.
        InvalidInput
            An option is not valid.
        BatchError
            pandas is not installed.
        """
        pandas_module()
        return self.results_table(job, limit=limit, **options).to_pandas()

    def results_table(
        self,
        job: str | Job | None = None,
        *,
        limit: int | None = None,
        **options: Unpack[ResultOptions],
    ) -> Table:
        """Returns the same as ``results``, as a table that needs no pandas.

        Parameters
        ----------
        job : str or Job, optional
            Job of the runs, its name or its id. Default: all runs.
        limit : int, optional
            Number of rows at most. Default: all.
        **options : ResultOptions
            Which runs: ``state``, ``sweep``, ``since``, ``until`` and ``q``, as in ``runs.list``.

        Returns
        -------
        Table
            A row for each run, with its parameters and recorded results.

        Raises
        ------
        NotFound
            There is no such job.
        InvalidInput
            An option is not valid.
        """
        return self._results.table(job, limit=limit, **options)

    def sql(self, query: str, *, limit: int | None = None, timeout: float | None = None) -> Any:
        """Returns a DataFrame with the answer to a SELECT over all records.

        The query is in DuckDB's SQL, over the views ``runs``, ``attempts``, ``cells``, ``outputs``,
        ``parameters``, ``results`` and ``events``; ``DESCRIBE runs`` shows the columns of a view.
        Times are in UTC.

        Parameters
        ----------
        query : str
            A SELECT, for example ``"SELECT state, count(*) FROM runs GROUP BY ALL"``.
        limit : int, optional
            Number of rows at most, up to 100,000.
        timeout : float, optional
            Time limit in seconds, up to 300. Default: 30.

        Returns
        -------
        pandas.DataFrame
            The answer. ``Client.sql_table`` returns the same without pandas.

        Raises
        ------
        InvalidQuery
            The query is wrong, or does more than read the views.
        QueryStopped
            The query took too long or needed too much memory, or was interrupted.
        InvalidInput
            ``limit`` or ``timeout`` is out of range.
        BatchError
            pandas is not installed.

        Warns
        -----
        UserWarning
            There are more rows than the answer has.
        """
        pandas_module()
        return sql_frame(self._results.query(query, limit, timeout))

    def sql_table(
        self, query: str, *, limit: int | None = None, timeout: float | None = None
    ) -> Table:
        """Returns the same as ``sql``, as a table that needs no pandas.

        Parameters
        ----------
        query : str
            A SELECT over the views, in DuckDB's SQL.
        limit : int, optional
            Number of rows at most, up to 100,000.
        timeout : float, optional
            Time limit in seconds, up to 300. Default: 30.

        Returns
        -------
        Table
            The answer.

        Raises
        ------
        InvalidQuery
            The query is wrong, or does more than read the views.
        QueryStopped
            The query took too long or needed too much memory, or was interrupted.
        InvalidInput
            ``limit`` or ``timeout`` is out of range.
        """
        return sql_table(self._results.query(query, limit, timeout))
