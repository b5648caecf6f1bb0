"""The runs of a round: short, long, chatty, failing, retried, scheduled."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nbformat

from jupyter_batch.client import Client, Job, Run
from jupyter_batch.domain.events import RunEvent
from jupyter_batch.errors import BatchError

CHATTER = 2000
#: Within which a schedule of every three seconds has fired, whatever is being killed.
_FIRST_FIRING = 60.0
#: Where the notebooks find the folder in which they count, where no variable says otherwise.
COUNT, COUNT_VARIABLE = "/count", "CHAOS_COUNT"

_FIRST = (
    "import os\n"
    f"with open(os.environ.get('{COUNT_VARIABLE}', '{COUNT}') + '/bodies', 'a') as file:\n"
    "    file.write(os.environ['JUPYTER_BATCH_RUN_ID'] + ' '\n"
    "               + os.environ['JUPYTER_BATCH_ATTEMPT'] + '\\n')"
)
_NOTEBOOKS = {
    "short": ["print('short')"],
    "long": [
        "import time\nfor i in range(20):\n    print('tick', i, flush=True)\n    time.sleep(0.1)"
    ],
    "chatty": [f"for i in range({CHATTER}):\n    print('line', i, flush=i % 50 == 0)", "'done'"],
    "failing": ["print('before')", "raise ValueError('on purpose')"],
    "retried": ["if os.environ['JUPYTER_BATCH_ATTEMPT'] == '1':\n    raise OSError('at first')"],
    "scheduled": ["print('on time')"],
}
#: Of no round: goes on until it is told that the engine is back.
_PATIENT = [
    "import pathlib, time\n"
    "for number in range(20):\n    print('tick', number, flush=True)\n    time.sleep(0.05)\n"
    f"while not pathlib.Path('{COUNT}/back').exists():\n    time.sleep(0.05)",
    "print('on')",
]
#: How a run of each kind ends when nothing is done to it.
NATURAL = dict.fromkeys(_NOTEBOOKS, "succeeded") | {"failing": "failed"}
_RETRY = {
    "max_attempts": 3,
    "delay_seconds": 0.2,
    "max_delay_seconds": 1.0,
    "endings": ["failed", "lost"],
}


class Followed:
    """A run that was accepted, and what its stream has told so far."""

    def __init__(self, run: Run, kind: str) -> None:
        self.run, self.kind = run, kind
        self.seen: list[RunEvent] = []
        self.error: Exception | None = None
        self.thread = threading.Thread(target=self._follow, name=f"follow {run.id}", daemon=True)
        self.thread.start()

    def _follow(self) -> None:
        try:
            for event in self.run.follow():
                if event.event_id:
                    self.seen.append(event)
        except Exception as error:
            self.error = error


class Mix:
    """Submits the runs of one round."""

    def __init__(
        self, client: Client, root: Path, options: Mapping[str, Any], chance: random.Random
    ) -> None:
        self._client = client
        self._chance = chance
        self._options = options
        self._paths = {kind: write_notebook(root / f"{kind}.ipynb", kind) for kind in _NOTEBOOKS}
        self.accepted: list[Followed] = []
        self.refused: list[BatchError] = []
        self.job: Job | None = None
        self.never_fired = False

    def submit(self, number: int) -> None:
        """Submits one of each kind, in any order; what was accepted is followed."""
        kinds = list(_NOTEBOOKS)
        self._chance.shuffle(kinds)
        for place, kind in enumerate(kinds):
            try:
                self._submit(kind, f"{kind}-{number}-{place}")
            except BatchError as error:
                self.refused.append(error)

    def _submit(self, kind: str, name: str) -> None:
        path, options = self._paths[kind], self._options
        if kind == "scheduled":
            self.job = self._client.jobs.create(path, name=name, every=3, **options)
        elif kind == "retried":
            job = self._client.jobs.create(path, name=name, retry=_RETRY, **options)
            self.accepted.append(Followed(job.trigger(), kind))
        else:
            run = self._client.runs.submit(path, name=name, **options)
            self.accepted.append(Followed(run, kind))

    def end_schedule(self) -> None:
        """Lets the schedule make no more runs, and follows those that it has made."""
        if self.job is None:
            return
        deadline = time.monotonic() + _FIRST_FIRING
        while not list(self._client.runs.list(job=self.job, limit=1)):
            if time.monotonic() > deadline:
                self.never_fired = True
                break
            time.sleep(0.2)
        self.job.pause()
        known = {followed.run.id for followed in self.accepted}
        for run in self._client.runs.list(job=self.job):
            if run.id not in known and run.state != "skipped":
                self.accepted.append(Followed(run, "scheduled"))


def write_notebook(path: Path, kind: str) -> Path:
    """Writes the notebook of a kind; ``patient`` waits for a file named ``back``."""
    cells = [
        nbformat.v4.new_code_cell(source) for source in (_FIRST, *_NOTEBOOKS.get(kind, _PATIENT))
    ]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec}), path)
    return path
