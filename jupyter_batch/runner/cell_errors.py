"""Errors that end a cell, as the kernel reports them."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Union

#: Name of an error that the kernel gives none, as kernels of shells do.
UNNAMED = "Error"
_SUMMARY = 500
_MODULE = re.compile(r"No module named '([\w.]+)'")
_FILE = re.compile(
    r"(?:No such file or directory: |File |No files found that match the pattern )"
    r"`?b?['\"](.+?)['\"]"
)
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


def advice(ename: str, evalue: str) -> List[str]:
    """Returns advice about a file or a module that was not sent with the notebook."""
    if ename == "ModuleNotFoundError":
        found = _MODULE.search(evalue)
        if found:
            name = found.group(1).partition(".")[0]
            return [
                f"if {name}.py or the folder {name} lies beside the notebook, it must be named "
                f"with --file (files beside the notebook are sent only when named); if {name} is "
                "a package, it must be installed in the environment"
            ]
    found = _FILE.search(evalue)
    if found and not found.group(1).startswith(("/", "~")):
        return [
            f"if {found.group(1)} lies beside the notebook, it must be named with --file (files "
            "beside the notebook are sent only when named)"
        ]
    return []


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
