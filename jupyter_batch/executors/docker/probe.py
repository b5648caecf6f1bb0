"""Runs inside an image (any Python 3): prints as one line of JSON what it offers."""

import json
import os
import platform
import sys


def kernels() -> "dict[str, str]":
    """Returns each kernel with its language."""
    try:
        from jupyter_client.kernelspec import KernelSpecManager
    except ImportError:
        return {}
    specs = KernelSpecManager().get_all_specs()
    return {name: spec["spec"].get("language", "") for name, spec in specs.items()}


def papermill() -> "tuple[str | None, str | None]":
    """Returns its version, and why it does not start where it is there but broken."""
    try:
        import papermill
    except ImportError as error:
        return None, None if getattr(error, "name", None) == "papermill" else str(error)
    except Exception as error:
        return "", repr(error)
    return papermill.__version__, None


def has_folders() -> bool:
    """Returns whether what a container of ours needs (containers.folders) is there."""
    paths = [f"/jupyter-batch/{name}" for name in ("work", "home", "kept")]
    return all(os.path.isdir(path) and os.stat(path).st_uid == os.getuid() for path in paths)


home = os.path.expanduser("~")
version, error = papermill()
found = {
    "python_version": platform.python_version(),
    "machine": platform.machine(),
    "glibc": platform.libc_ver()[1] if platform.libc_ver()[0] == "glibc" else "",
    "papermill": version if error is None else (version or ""),
    "papermill_error": error,
    "kernels": kernels(),
    "uid": os.getuid(),
    "gid": os.getgid(),
    "home": home if os.path.isdir(home) and home != "/" and os.access(home, os.W_OK) else None,
    "has_folders": has_folders(),
}
sys.stdout.write(json.dumps(found) + "\n")
