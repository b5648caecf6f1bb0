"""Results of runs, and SQL over the records."""

from __future__ import annotations

from jupyter_batch.domain.queries import Page, RunQuery
from jupyter_batch.domain.results import ResultRecord, ResultRow
from jupyter_batch.domain.sql_query import SqlAnswer, SqlQuery
from jupyter_batch.errors import NotFound
from jupyter_batch.ports import Store


class ResultService:
    """Reads the results of one run or of many."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of_run(self, run_id: str, attempt_no: int | None = None) -> tuple[ResultRecord, ...]:
        """Returns the results of an attempt, of the newest one by default; raises NotFound."""
        run = await self._store.runs.get(run_id)
        if run is None:
            raise NotFound(f"there is no run {run_id}", run_id=run_id)
        known = [attempt.attempt_no for attempt in run.attempts]
        if attempt_no is None and not known:
            return ()
        number = known[-1] if attempt_no is None else attempt_no
        if number not in known:
            raise NotFound(
                f"the run has no attempt {number}; it has {len(known)}",
                run_id=run_id,
                attempt_no=number,
            )
        return await self._store.records.results(run_id, number)

    async def text(self, run_id: str, result: ResultRecord) -> str:
        """Returns the JSON of a result, also of a long one; ``null`` if that is incomplete."""
        if result.value is not None or result.document is None:
            return result.value or "null"
        whole = await self._store.records.document(run_id, result.attempt_no, result.document)
        return whole if whole is not None else "null"

    async def rows(self, query: RunQuery) -> Page[ResultRow]:
        """Returns a page of runs, newest first, with their results."""
        return await self._store.records.result_rows(query)

    async def sql(self, query: SqlQuery) -> SqlAnswer:
        """Answers a SELECT; see ``Store.sql``."""
        return await self._store.sql(query)
