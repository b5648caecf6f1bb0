"""The context of the current run, and the spool file through which it reports to the runner."""

from __future__ import annotations

import json
import os
import threading
from datetime import datetime
from pathlib import Path
from typing import Any, Dict, FrozenSet, Optional

#: JSON about the attempt, written by the runner; ``DONE_NAME`` may lie beside it.
CONTEXT_VARIABLE = "JUPYTER_BATCH_CONTEXT"
#: The file to which lines are appended for the runner.
SPOOL_VARIABLE = "JUPYTER_BATCH_SPOOL"
DONE_NAME = "done.json"


class Current:
    """The attempt in which this notebook is executed; see ``current``.

    Attributes
    ----------
    run_id : str
        Id of the run.
    attempt_no : int
        Number of the attempt, from 1. Above 1 it is a retry.
    job_name : str or None
        Name of the run's job; None for a run without a job.
    scheduled_for : datetime or None
        Nominal time in UTC, the same in all attempts of the run.
    parameters : dict
        Parameters that the run was given, without the notebook's own values.
    notebook_path : str
        Path of the notebook.
    output : pathlib.Path
        Folder whose files are kept as artifacts of the run.
    """

    def __init__(self, facts: Dict[str, Any], output: str) -> None:
        self.run_id: str = str(facts.get("run_id") or "")
        #: Counts from 1; above 1 it is a retry.
        self.attempt_no: int = int(facts.get("attempt_no") or 1)
        #: None for a run of no job.
        self.job_name: Optional[str] = facts.get("job_name")
        #: The nominal time, aware, in UTC; the same in all attempts of the run.
        self.scheduled_for: Optional[datetime] = _instant(facts.get("scheduled_for"))
        #: As the run was given them, without the notebook's own defaults.
        self.parameters: Dict[str, Any] = dict(facts.get("parameters") or {})
        self.notebook_path: str = str(facts.get("notebook_path") or "")
        #: Files that are written here become the run's artifacts.
        self.output: Path = Path(output)

    def __repr__(self) -> str:
        job = f" of job {self.job_name!r}" if self.job_name else ""
        return f"<Current run {self.run_id}{job}, attempt {self.attempt_no}>"


def current() -> Optional[Current]:
    """Returns the attempt in which this notebook is executed.

    Returns
    -------
    Current or None
        The attempt; None if the notebook is executed by hand.

    Examples
    --------
    Write a file that becomes an artifact of the run::

        me = jb.current()
        folder = me.output if me else Path("out")
    """
    path = os.environ.get(CONTEXT_VARIABLE)
    if not path:
        return None
    try:
        with open(path, encoding="utf-8") as file:
            facts = json.load(file)
    except (OSError, ValueError):
        return None  # The variable was inherited from a run that is over.
    return Current(facts, os.environ.get("JUPYTER_BATCH_OUTPUT", "."))


def done_items(name: str) -> FrozenSet[str]:
    """Returns the keys, as JSON text, of the items that earlier attempts of this run have done."""
    path = os.environ.get(CONTEXT_VARIABLE)
    if not path:
        return frozenset()
    try:
        with open(os.path.join(os.path.dirname(path), DONE_NAME), encoding="utf-8") as file:
            done = json.load(file)
    except (OSError, ValueError):
        return frozenset()
    return frozenset(done.get(name) or ())


class Spool:
    """Appends lines for the runner; what ``write`` has returned from survives a kill.

    A write to a file that is open for appending is whole, whatever thread or child process
    it comes from, and costs about two microseconds.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)

    def write(self, line: bytes) -> None:
        """Appends a line, its newline included; raises OSError where there is no space."""
        written = os.write(self._fd, line)
        while written < len(line):
            written += os.write(self._fd, line[written:])

    def send(self, *parts: Any) -> None:
        """Appends a JSON array; its first part says what it is."""
        self.write(json.dumps(parts, separators=(",", ":"), allow_nan=False).encode() + b"\n")


_lock = threading.Lock()
_spool: Optional[Spool] = None


def spool() -> Optional[Spool]:
    """Returns the way to the runner; None by hand."""
    global _spool
    path = os.environ.get(SPOOL_VARIABLE)
    if not path:
        return None
    with _lock:
        if _spool is None or _spool.path != path:
            try:
                _spool = Spool(path)
            except OSError:
                return None  # The variable was inherited from a run that is over.
        return _spool


def _instant(text: Any) -> Optional[datetime]:
    return datetime.fromisoformat(str(text).replace("Z", "+00:00")) if text else None
