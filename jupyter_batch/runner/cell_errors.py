"""Errors that end a cell, as the kernel reports them."""

from __future__ import annotations

import posixpath
import re
from typing import Any, Dict, List, Sequence, Union

#: Name of an error that the kernel gives none, as kernels of shells do.
UNNAMED = "Error"
_SUMMARY = 500
_MODULE = re.compile(r"No module named '([\w.]+)'")
_FILE = re.compile(
    r"(?:No such file or directory: |File |No files found that match the pattern )"
    r"`?b?['\"](.+?)['\"]"
)
_ONLY_NAMED = "(files beside the notebook are sent only when named)"
_BEGINNING = "Traceback (most recent call last):"


class CellFailure:
    """An exception of a cell."""

    def __init__(self, cell: int, ename: str, evalue: str, reported: Dict[str, Any]) -> None:
        self.cell = cell
        self.ename = ename
        self.evalue = evalue
        #: The form that goes into frames: masked, and cut where it is long.
        self.reported = reported

    def is_success(self) -> bool:
        """Returns whether it is ``sys.exit(0)``, by papermill's rule."""
        return self.ename == "SystemExit" and self.evalue in ("", "0")

    def summary(self) -> str:
        """Returns it as one line."""
        line = str(self.reported["evalue"]).strip().partition("\n")[0][:_SUMMARY]
        if not self.ename:
            return line
        ename = str(self.reported["ename"])
        return f"{ename}: {line}" if line else ename


def without_name(evalue: str) -> str:
    """Returns the message of an error without a name."""
    evalue = evalue.strip()
    if evalue.lstrip("-").isdigit():
        return f"exit code {evalue}"
    return evalue or "an error that the kernel does not describe"


def advice(ename: str, evalue: str, not_sent: Sequence[str] = ()) -> List[str]:
    """Returns advice about a file or a module that was not sent with the notebook.

    ``not_sent`` has names of what lies beside the notebook; those of folders end with ``/``.
    """
    if ename == "ModuleNotFoundError":
        found = _MODULE.search(evalue)
        if found:
            return [_module_advice(found.group(1).partition(".")[0], not_sent)]
    found = _FILE.search(evalue)
    if found and not found.group(1).startswith(("/", "~")):
        name = found.group(1)
        if posixpath.normpath(name) in not_sent:
            return [f"{name} lies beside the notebook; it must be named with --file {_ONLY_NAMED}"]
        return [f"if {name} lies beside the notebook, it must be named with --file {_ONLY_NAMED}"]
    return []


def _module_advice(name: str, not_sent: Sequence[str]) -> str:
    if f"{name}.py" in not_sent:
        return f"{name}.py lies beside the notebook; it must be named with --file {_ONLY_NAMED}"
    if f"{name}/" in not_sent:
        return (
            f"the folder {name} lies beside the notebook; its files must be named with "
            f"--file '{name}/**' {_ONLY_NAMED}"
        )
    return (
        f"if {name}.py or the folder {name} lies beside the notebook, it must be named with "
        f"--file {_ONLY_NAMED}; if {name} is a package, it must be installed in the environment"
    )


def exit_status(reply: Dict[str, Any]) -> Union[int, str, None]:
    """Returns the argument of IPython's ``exit``; None where the cell did not call it.

    IPython calls its only argument ``keep_kernel``; authors of ``exit(1)`` mean an exit status.
    """
    for payload in reply.get("payload") or ():
        if isinstance(payload, dict) and payload.get("source") == "ask_exit":
            kept = payload.get("keepkernel")
            if kept is True:
                return None
            return kept if isinstance(kept, (int, str)) and kept else 0
    return None


def native_traceback(stderr: str) -> List[str]:
    """Returns the last traceback that Python itself printed, as it does for exception groups.

    The traceback of an exception group includes all its parts.
    """
    lines = stderr.splitlines()
    for number in reversed(range(len(lines))):
        is_start = lines[number].lstrip(" +").replace("Exception Group ", "") == _BEGINNING
        if is_start and not lines[number].startswith("   "):
            return lines[number:]
    return []
