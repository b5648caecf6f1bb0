"""Checks the target files before a run, and writes them after it."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import msgspec

from jupyter_batch.client.run import Run
from jupyter_batch.errors import BatchError, InvalidInput


class SavedFiles(msgspec.Struct):
    """The files that were written, and the failures of the others."""

    paths: list[Path] = msgspec.field(default_factory=list)
    failures: list[str] = msgspec.field(default_factory=list)


def check_notebook_file(output: str) -> None:
    """Raises InvalidInput, before anything runs, where the notebook could not be written."""
    path = Path(output)
    check_folder(path.absolute().parent, "output")
    try:
        if path.is_dir():
            raise InvalidInput(f"{output} is a folder; name a file", field="output")
        if path.exists() and not os.access(path, os.W_OK):
            raise InvalidInput(f"{output} may not be written to", field="output")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InvalidInput(f"{output} cannot be a file: {why}", field="output") from error
    if path.suffix.lower() not in {".ipynb", ".html", ".htm"}:
        raise InvalidInput(f"{output}: name it .ipynb or .html", field="output")


def check_folder(folder: Path, field: str) -> None:
    """Raises InvalidInput unless files can be written to a folder, which need not exist yet."""
    folder = folder.absolute()
    try:
        nearest = next(path for path in (folder, *folder.parents) if path.exists())
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise InvalidInput(f"{folder} cannot be a folder: {why}", field=field) from error
    if not nearest.is_dir():
        raise InvalidInput(f"{nearest} is a file, not a folder", field=field)
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise InvalidInput(f"the folder {nearest} may not be written to", field=field)


def save_notebook(run: Run, output: str, attempt: int | None = None) -> Path:
    """Writes the executed notebook; that it never started is for the caller to say."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return run.save_notebook(output, attempt=attempt)


def save_artifacts(run: Run, folder: Path, attempt: int | None = None) -> SavedFiles:
    """Writes the artifacts of a run, or of one attempt, into a folder; goes on after a failure."""
    done = SavedFiles()
    folder.mkdir(parents=True, exist_ok=True)
    for artifact in run.artifacts:
        if attempt not in (None, artifact.attempt_no):
            continue
        try:
            done.paths.append(artifact.save(folder))
        except BatchError as error:
            done.failures.append(error.message)
        except OSError as error:
            done.failures.append(f"{artifact.path}: {error.strerror or error}")
    return done
