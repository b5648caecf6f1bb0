"""The records of runs: notebook, cells, outputs, log, artifacts."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from jupyter_batch.domain.cell import CellRecord
from jupyter_batch.server.endpoint import endpoint
from jupyter_batch.server.handler import BatchHandler
from jupyter_batch.wire.cursors import after_of, cursor_of
from jupyter_batch.wire.query_params import (
    ArtifactQuestion,
    ArtifactsQuestion,
    CellsQuestion,
    LogQuestion,
    NotebookQuestion,
    OutputsQuestion,
)
from jupyter_batch.wire.responses import (
    ArtifactList,
    CellAnswer,
    CellList,
    LogPage,
    OutputAnswer,
    OutputList,
)

#: Outputs in one answer with cells; what goes beyond is counted and left out.
MAX_OUTPUT_BYTES = 16 * 1024 * 1024

_IPYNB, _HTML, _BYTES = "application/x-ipynb+json", "text/html; charset=UTF-8", "*/*"
_MEDIA_TYPE = re.compile(r"[\w.+-]+/[\w.+-]+", re.ASCII)
#: Media types that a browser would run in a page of the server.
_ACTIVE = re.compile(r"html|xml|svg|script|xsl", re.IGNORECASE)
#: A page of its own, without the server's cookies, that runs no scripts and reaches nothing.
_SANDBOX = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; "
    "media-src data:; frame-ancestors 'self'"
)


class NotebookHandler(BatchHandler):
    """``runs/{id}/notebook``."""

    @endpoint(
        "read",
        "Returns the executed notebook, as far as the attempt has come",
        question=NotebookQuestion,
        media_type=_IPYNB,
    )
    async def get(self, run_id: str, question: NotebookQuestion) -> None:
        """Returns the notebook."""
        runs, attempt = self.engine.runs, question.attempt
        if question.format == "html":
            self.set_header("Content-Security-Policy", _SANDBOX)
            await self.reply_slices(runs.html(run_id, attempt), _HTML)
            return
        self.set_attachment_header(f"{run_id}.ipynb")
        if question.input:
            await self.reply_bytes(await runs.input_notebook(run_id), _IPYNB)
        else:
            await self.reply_slices(runs.notebook(run_id, attempt), _IPYNB)


class CellsHandler(BatchHandler):
    """``runs/{id}/cells``."""

    @endpoint("read", "Lists the cells of an attempt", question=CellsQuestion, answer=CellList)
    async def get(self, run_id: str, question: CellsQuestion) -> None:
        """Lists the cells."""
        cells = await self.engine.runs.cells(run_id, question.attempt)
        answers = [_answer(cell) for cell in cells]
        if question.outputs:
            answers = await self._with_outputs(run_id, question.attempt, answers)
        await self.reply_list(answers, next_cursor=None)

    async def _with_outputs(
        self, run_id: str, attempt: int | None, cells: list[CellAnswer]
    ) -> list[CellAnswer]:
        """Adds outputs up to the limit."""
        outputs: dict[int, list[msgspec.Raw]] = {}
        omitted: dict[int, int] = {}
        found = self.engine.runs.outputs(run_id, attempt, None, room=MAX_OUTPUT_BYTES)
        async for index, body in found:
            if body is None:
                omitted[index] = omitted.get(index, 0) + 1
            else:
                outputs.setdefault(index, []).append(msgspec.Raw(body))
        return [
            msgspec.structs.replace(
                cell,
                outputs=outputs.get(cell.cell_index, []),
                outputs_omitted=omitted.get(cell.cell_index, 0),
            )
            for cell in cells
        ]


class OutputsHandler(BatchHandler):
    """``runs/{id}/outputs``."""

    @endpoint(
        "read",
        "Lists the outputs of an attempt, or of one of its cells, also while it is running",
        question=OutputsQuestion,
        answer=OutputList,
    )
    async def get(self, run_id: str, question: OutputsQuestion) -> None:
        """Lists the outputs."""
        outputs: list[OutputAnswer] = []
        omitted = 0
        found = self.engine.runs.outputs(
            run_id, question.attempt, question.cell, room=MAX_OUTPUT_BYTES
        )
        async for index, body in found:
            if body is None:
                omitted += 1
            else:
                outputs.append(OutputAnswer(cell_index=index, output=msgspec.Raw(body)))
        await self.reply_list(outputs, next_cursor=None, omitted=omitted)


class LogHandler(BatchHandler):
    """``runs/{id}/logs``."""

    @endpoint("read", "Lists lines of an attempt's log", question=LogQuestion, answer=LogPage)
    async def get(self, run_id: str, question: LogQuestion) -> None:
        """Lists lines."""
        lines = await self.engine.runs.log(
            run_id, question.attempt, after_line=question.after, limit=question.limit + 1
        )
        shown = lines[: question.limit]
        more = shown[-1].line_no if len(lines) > len(shown) else None
        await self.reply_list(shown, next_after=more)


class ArtifactsHandler(BatchHandler):
    """``runs/{id}/artifacts``."""

    @endpoint(
        "read", "Lists the artifacts of a run", question=ArtifactsQuestion, answer=ArtifactList
    )
    async def get(self, run_id: str, question: ArtifactsQuestion) -> None:
        """Lists artifacts, in the order in which they came."""
        run = await self.engine.runs.get(run_id)
        wanted = [a for a in run.artifacts if question.attempt in (None, a.attempt_no)]
        first = 0 if question.cursor is None else int(after_of(question.cursor))
        end = first + question.limit
        after = f"{end:026}" if end < len(wanted) else None
        await self.reply_list(wanted[first:end], next_cursor=cursor_of(after))


class ArtifactHandler(BatchHandler):
    """``runs/{id}/artifacts/{path}``."""

    @endpoint(
        "read", "Returns an artifact, to be saved", question=ArtifactQuestion, media_type=_BYTES
    )
    async def get(self, run_id: str, path: str, question: ArtifactQuestion) -> None:
        """Returns an artifact."""
        artifact, slices = await self.engine.runs.artifact(run_id, path, question.attempt)
        self.set_header("Content-Security-Policy", "sandbox; default-src 'none'")
        self.set_attachment_header(artifact.path.rsplit("/", 1)[-1])
        self.set_header("Content-Length", str(artifact.size_bytes))
        await self.reply_slices(slices, safe_media_type(artifact.media_type))


def safe_media_type(media_type: str) -> str:
    """Returns the media type, or a harmless one where a browser could run it as a page."""
    if _MEDIA_TYPE.fullmatch(media_type) and not _ACTIVE.search(media_type):
        return media_type
    return "application/octet-stream"


def _answer(cell: CellRecord) -> CellAnswer:
    fields: dict[str, Any] = msgspec.structs.asdict(cell)
    return CellAnswer(**fields)
