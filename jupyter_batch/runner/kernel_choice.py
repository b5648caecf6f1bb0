"""Chooses the kernel of a notebook that names none, or one that is not installed.

Notebooks come with the names of their authors' virtual environments, with no metadata at all, or
with ``python``. Then the language decides.
"""

from __future__ import annotations

import json
from typing import Any, Dict, Optional, Tuple

#: The kernel that is preferred where an environment has several of the language.
_USUAL = {"python": "python3", "r": "ir", "bash": "bash"}
_PYTHON = "python"


def choose_kernel(
    wanted: Optional[str], language: str, kernels: Dict[str, str]
) -> Tuple[Optional[str], str]:
    """Returns the kernel of a notebook, and a sentence where it is not the one that it names.

    ``kernels`` are the installed ones, each with its language. Without a kernel the sentence
    says why none can be chosen.
    """
    if wanted in kernels:
        return wanted, ""
    named = f"the kernel {wanted!r} of the notebook is not there" if wanted else _NONE_NAMED
    language = (language or _language_of(wanted)).lower()
    fitting = sorted(name for name, spoken in kernels.items() if spoken.lower() == language)
    usual = _USUAL.get(language)
    if usual in fitting:
        fitting = [str(usual)]
    if len(fitting) == 1:
        return fitting[0], f"{named}: it ran on {fitting[0]!r}"
    known = ", ".join(sorted(kernels)) or "none: install ipykernel"
    why = "" if not fitting else f", and several are for {language}"
    return None, f"{named}{why}; name one of those that there are (--kernel): {known}"


_NONE_NAMED = "the notebook names no kernel"


def notebook_kernel(notebook: bytes) -> Tuple[Optional[str], str]:
    """Returns the kernel and the language that a notebook names.

    Raises ValueError, and other errors of content, where the content is no notebook.
    """
    metadata = json.loads(notebook.decode("utf-8-sig"))["metadata"]
    spec = _mapping(metadata.get("kernelspec"))
    name = spec.get("name")
    language = _mapping(metadata.get("language_info")).get("name") or spec.get("language")
    return str(name) if name else None, str(language or "")


def _language_of(wanted: Optional[str]) -> str:
    """Returns the language of a kernel name without one; like papermill, Python by default."""
    return _PYTHON if wanted is None or _PYTHON in wanted.lower() else ""


def _mapping(value: Any) -> Dict[str, Any]:
    return value if isinstance(value, dict) else {}
