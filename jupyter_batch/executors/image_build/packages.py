"""Lists the packages of this Python environment as requirements."""

from __future__ import annotations

import json
import platform
import re
import sys
from collections.abc import Sequence
from importlib import metadata

from jupyter_batch.domain.value import Value

#: Tools of the environment itself, and this project, which the job does not need.
_NOT_FOR_JOBS = frozenset({"pip", "setuptools", "wheel", "uv", "jupyter-batch"})


class InstalledPackages(Value, frozen=True, kw_only=True):
    """The packages of an environment."""

    #: ``name==version``, sorted.
    requirements: tuple[str, ...]
    #: One sentence for each package that no index has, with the reason.
    left_out: tuple[str, ...]
    #: Of the environment, such as ``3.11``.
    python: str


def installed_packages(path: Sequence[str] | None = None) -> InstalledPackages:
    """Returns the packages of the environment that this process runs in.

    ``path`` are folders to look into instead of ``sys.path``.
    """
    requirements: dict[str, str] = {}
    left_out: dict[str, str] = {}
    for distribution in metadata.distributions(path=list(sys.path if path is None else path)):
        name = _canonical(distribution.metadata["Name"] or "")
        if not name or name in _NOT_FOR_JOBS or name in requirements or name in left_out:
            continue  # of two of one name the first is the one that is imported
        reason = _reason_to_leave_out(distribution)
        if reason:
            left_out[name] = f"{name} {distribution.version}: {reason}"
        else:
            requirements[name] = f"{name}=={distribution.version}"
    return InstalledPackages(
        requirements=tuple(requirements[name] for name in sorted(requirements)),
        left_out=tuple(left_out[name] for name in sorted(left_out)),
        python=".".join(platform.python_version_tuple()[:2]),
    )


def _reason_to_leave_out(distribution: metadata.Distribution) -> str | None:
    text = distribution.read_text("direct_url.json")
    if text is None:
        return None
    origin = json.loads(text)
    if origin.get("dir_info", {}).get("editable"):
        return "installed as editable from a folder of this machine"
    if "vcs_info" in origin:
        return "installed from a source repository"
    if str(origin.get("url", "")).startswith("file:"):
        return "installed from a file or folder of this machine"
    return "installed from an address of its own"


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
