"""Executes notebooks by papermill and by the runner, and makes the results comparable."""

from __future__ import annotations

import difflib
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jupyter_batch.domain import frames
from jupyter_batch.domain.cell import CellRecord
from jupyter_batch.domain.notebook import FrozenNotebook
from jupyter_batch.domain.outputs import OutputSlice
from jupyter_batch.notebook.assemble import assemble
from jupyter_batch.ports import ExecutedParts
from jupyter_batch.runner.pack import zipapp_bytes

Case = Callable[[], dict[str, Any]]
#: papermill needs a second or two for a case.
_STUCK_SECONDS = 40
_TRIES = 4

#: Executes all notebooks of a folder as the papermill command does, in one process to spare
#: the imports, and says after each that it is done.
PAPERMILL = """
import json, os, pathlib, shutil, sys
# What kernels write to the stdout that they inherit is no answer.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
from papermill.execute import execute_notebook
for name in sys.argv[1:]:
    folder = pathlib.Path(name)
    told = json.loads((folder / "case.json").read_text())
    shutil.rmtree(folder / "papermill", ignore_errors=True)
    (folder / "papermill").mkdir()
    try:
        execute_notebook(
            str(folder / "in.ipynb"), str(folder / "papermill.ipynb"), progress_bar=False,
            parameters=told["parameters"], kernel_name=told["kernel"],
            cwd=str(folder / "papermill"), iopub_timeout=120,
        )
    except BaseException as error:
        print(type(error).__name__, error, file=sys.stderr)
    print(folder.name, file=answers, flush=True)
"""


class Papermill:
    """The process that executes every case in turn, while the runner does its own.

    papermill sometimes hangs for ever on a notebook with an Output widget: the reply that
    nbclient sends for the widget eats the signal that a message has come (the runner looks
    again, see its engine). So a process that gets no further is ended, and another takes over.
    """

    def __init__(self, folders: Iterable[Path], log: Path) -> None:
        self._log = log.open("wb")
        self._waiting = {folder.name: folder for folder in folders}
        self._changed = threading.Condition()
        self._start()

    def wait(self, folder: Path) -> dict[str, Any] | None:
        """Returns the notebook that papermill wrote; None where it wrote none."""
        with self._changed:
            for _ in range(_TRIES):
                while folder.name in self._waiting:
                    if not self._changed.wait(_STUCK_SECONDS):
                        break
                if folder.name not in self._waiting:
                    break
                self._end()
                self._start()
            assert folder.name not in self._waiting, "papermill does not end"
        written = folder / "papermill.ipynb"
        return json.loads(written.read_text(encoding="utf-8")) if written.exists() else None

    def close(self) -> None:
        """Ends the process."""
        self._end()
        self._log.close()

    def _start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", PAPERMILL, *map(str, self._waiting.values())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        threading.Thread(target=self._listen, args=(self._process,), daemon=True).start()

    def _end(self) -> None:
        self._process.kill()
        self._process.wait()

    def _listen(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                with self._changed:
                    self._waiting.pop(line.strip(), None)
                    self._changed.notify_all()


@pytest.fixture(scope="module")
def folders(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """A folder for each case of the module that is going to be compared, with its notebook."""
    root = tmp_path_factory.mktemp("fidelity")
    made = {}
    for item in request.session.items:
        case = item.callspec.params.get("case") if hasattr(item, "callspec") else None
        if case is None or item.path != request.path:
            continue
        folder = root / case.__name__
        folder.mkdir()
        told = {"parameters": {}, "kernel": None, **case()}
        (folder / "in.ipynb").write_text(json.dumps(told.pop("notebook")), encoding="utf-8")
        (folder / "case.json").write_text(json.dumps(told))
        made[case.__name__] = folder
    return made


@pytest.fixture(scope="module")
def papermill(
    folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Papermill]:
    """Papermill, at work on all cases of the module."""
    log = tmp_path_factory.mktemp("papermill") / "log"
    process = Papermill(folders.values(), log)
    yield process
    process.close()


@pytest.fixture(scope="session")
def pyz(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The runner as it goes into containers."""
    path = tmp_path_factory.mktemp("runner") / "jb-runner.pyz"
    path.write_bytes(zipapp_bytes())
    return path


@pytest.fixture
def differences(
    folders: dict[str, Path], papermill: Papermill, pyz: Path
) -> Callable[[Case], list[str]]:
    """Returns in which lines our notebook differs from papermill's, when what may is taken out."""

    def differences(case: Case) -> list[str]:
        folder = folders[case.__name__]
        ours = _by_runner(folder, pyz)
        theirs = papermill.wait(folder)
        assert theirs is not None, "papermill has written nothing to compare with"
        assert ours is not None, "the runner has written nothing to compare with"
        given = {cell.get("id") for cell in case()["notebook"]["cells"]}
        return list(
            difflib.unified_diff(
                _comparable(theirs, folder, given),
                _comparable(ours, folder, given),
                "papermill",
                "runner",
                lineterm="",
            )
        )

    return differences


def _by_runner(folder: Path, pyz: Path) -> dict[str, Any] | None:
    told = json.loads((folder / "case.json").read_text())
    content = (folder / "in.ipynb").read_bytes()
    settings = {"notebook_path": str(folder / "in.ipynb"), **told}
    (folder / "runner").mkdir()
    with (folder / "runner.log").open("wb") as log:
        process = subprocess.run(
            [sys.executable, str(pyz)],
            input=_tar({"bundle.json": json.dumps(settings).encode(), "notebook.ipynb": content}),
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=folder / "runner",
            env=dict(os.environ),
            check=False,
        )
    parts, outputs = record(
        [frames.decode_frame(line) for line in process.stdout.splitlines()], content
    )
    return None if parts.skeleton is None else json.loads(b"".join(assemble(parts, outputs)))


def _tar(members: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return target.getvalue()


def record(told: list[frames.AnyFrame], content: bytes) -> tuple[ExecutedParts, list[OutputSlice]]:
    """Records frames in the simplest way that there is."""
    documents: dict[str, str] = {}
    cells: list[CellRecord] = []
    outputs: dict[int, dict[int, list[str]]] = {}
    error_cell = None
    for frame in told:
        if isinstance(frame, frames.Document):
            documents[frame.name] = documents.get(frame.name, "") + frame.body
        elif isinstance(frame, frames.Output):
            for op in frame.ops:
                cell = outputs.setdefault(op.cell, {})
                if op.op == "clear":
                    cell.clear()
                elif op.op == "more":
                    cell[op.no].append(op.body)
                else:
                    assert (op.no in cell) == (op.op == "replace")
                    cell[op.no] = [op.body]
        elif isinstance(frame, frames.CellFinished):
            cells.append(
                CellRecord(
                    cell_index=frame.cell,
                    cell_type=frame.cell_type,
                    source=frame.source,
                    state=frame.state,
                    execution_count=frame.execution_count,
                    started_at=datetime.fromtimestamp(frame.started_at, UTC),
                    finished_at=datetime.fromtimestamp(frame.finished_at, UTC),
                    metadata=frame.metadata,
                )
            )
        elif isinstance(frame, frames.Finished) and frame.verdict == "failed" and frame.error:
            error_cell = frame.cell
    parts = ExecutedParts(
        frozen=FrozenNotebook(
            path="in.ipynb", content=content, sha256=hashlib.sha256(content).hexdigest()
        ),
        skeleton=documents.get("skeleton"),
        metadata=documents.get("metadata"),
        cells=tuple(cells),
        error_cell=error_cell,
    )
    return parts, [
        OutputSlice(cell_index=index, output_no=no, output_type="", body="".join(body))
        for index, cell in sorted(outputs.items())
        for no, body in sorted(cell.items())
    ]


_VARYING = {"start_time", "end_time", "duration", "input_path", "output_path"}
_PATTERNS = (
    (re.compile(r"ipykernel_\d+/\d+\.py"), "ipykernel/cell.py"),
    (re.compile(r"\b0x[0-9a-f]{6,}"), "ADDRESS"),
)
_ID = re.compile(r"[0-9a-f]{32}")
_WIDGETS = "application/vnd.jupyter.widget-state+json"


def _comparable(notebook: dict[str, Any], folder: Path, given: set[str]) -> list[str]:
    text = json.dumps(_without_times(notebook))
    text = text.replace(str(folder / "papermill"), "HERE").replace(str(folder / "runner"), "HERE")
    for pattern, word in _PATTERNS:
        text = pattern.sub(word, text)
    notebook = json.loads(text, parse_constant=lambda name: None)
    if widgets := notebook["metadata"].get("widgets"):
        # Written in the order of their random ids.
        models = widgets[_WIDGETS]["state"].values()
        widgets[_WIDGETS]["state"] = sorted(_ID.sub("ID", json.dumps(model)) for model in models)
    notebook = json.loads(_ID.sub("ID", json.dumps(notebook)))
    for cell in notebook["cells"]:
        if cell["id"] not in given:
            cell["id"] = "made at random"
        if "outputs" in cell:
            cell["outputs"] = _merged(cell["outputs"])
    return json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False).splitlines()


def _without_times(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_times(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: "VARIES" if key in _VARYING and item is not None else _without_times(item)
        for key, item in value.items()
        if key not in {"output_path"}
    } | ({"execution": sorted(value["execution"])} if "execution" in value else {})


def _merged(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    merged: list[dict[str, Any]] = []
    for output in outputs:
        last = merged[-1] if merged else {}
        if output["output_type"] == "stream":
            output["text"] = "".join(output["text"])
            if last.get("output_type") == "stream" and last["name"] == output["name"]:
                last["text"] += output["text"]
                continue
        merged.append(output)
    return merged
