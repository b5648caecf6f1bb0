"""``results``, ``runs/{id}/results`` and ``sql``."""

from __future__ import annotations

import msgspec

from jupyter_batch.domain.results import ResultRecord
from jupyter_batch.domain.sql_query import SqlAnswer
from jupyter_batch.server.endpoint import endpoint
from jupyter_batch.server.handler import BatchHandler
from jupyter_batch.wire.cursors import cursor_of
from jupyter_batch.wire.results import (
    ResultAnswer,
    ResultList,
    ResultRowList,
    ResultsQuestion,
    RunResultsQuestion,
    SqlBody,
)

#: Values in one answer; what goes beyond is named and left out.
MAX_VALUE_BYTES = 16 * 1024 * 1024
_NULL = msgspec.Raw(b"null")
#: Rows that are written at once.
_LOT = 1000


class ResultsHandler(BatchHandler):
    """``results``."""

    @endpoint(
        "read",
        "Lists runs, newest first, with their parameters and the results of their newest attempts",
        question=ResultsQuestion,
        answer=ResultRowList,
    )
    async def get(self, question: ResultsQuestion) -> None:
        """Lists results."""
        page = await self.engine.results.rows(question.to_domain())
        await self.reply_list(page.items, next_cursor=cursor_of(page.next_after))


class RunResultsHandler(BatchHandler):
    """``runs/{id}/results``."""

    @endpoint(
        "read",
        "Lists what an attempt has recorded",
        question=RunResultsQuestion,
        answer=ResultList,
    )
    async def get(self, run_id: str, question: RunResultsQuestion) -> None:
        """Lists results."""
        found = await self.engine.results.of_run(run_id, question.attempt)
        room = MAX_VALUE_BYTES
        answers = []
        for result in found:
            if question.name is not None and result.name != question.name:
                continue
            text = b""
            if result.size <= room:
                text = (await self.engine.results.text(run_id, result)).encode()
                room -= len(text)
            answers.append(_answer(result, text))
        await self.reply_list(answers, next_cursor=None)


class SqlHandler(BatchHandler):
    """``sql``."""

    @endpoint(
        "read",
        "Answers a SELECT over the views runs, attempts, cells, outputs, parameters, results "
        "and events",
        body=SqlBody,
        answer=SqlAnswer,
    )
    async def post(self, body: SqlBody) -> None:
        """Answers SQL; a client that goes away ends the query."""
        await self.while_connected(self._answer(body))

    async def _answer(self, body: SqlBody) -> None:
        answer = await self.engine.results.sql(body.to_domain())
        self.set_header("Content-Type", "application/json")
        head = msgspec.json.encode(
            {
                "columns": answer.columns,
                "truncated": answer.truncated,
                "seconds": answer.seconds,
                "warnings": answer.warnings,
            }
        )
        separator = head[:-1] + b',"rows":['
        for start in range(0, len(answer.rows), _LOT):
            lot = msgspec.json.encode(answer.rows[start : start + _LOT])
            await self.write_slice(separator + lot[1:-1])
            separator = b","
        self.finish((b"" if answer.rows else separator) + b"]}")


def _answer(result: ResultRecord, text: bytes) -> ResultAnswer:
    return ResultAnswer(
        name=result.name,
        type=result.type,
        attempt_no=result.attempt_no,
        recorded_at=result.at,
        size=result.size,
        value=msgspec.Raw(text) if text else _NULL,
        omitted=not text,
    )
