"""A file that a run has written."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

from jupyter_batch.client.downloads import save
from jupyter_batch.client.transport.answers import decode_answer
from jupyter_batch.client.transport.http_client import Connection, Params
from jupyter_batch.containment import join_inside
from jupyter_batch.domain.artifact import Artifact as ArtifactRecord
from jupyter_batch.domain.run import Run as RunRecord
from jupyter_batch.wire.responses import ArtifactList


class Artifact:
    """A file that the notebook wrote to its output folder.

    Attributes
    ----------
    path : str
        Path relative to the output folder, with ``/``.
    size_bytes : int
        Size in bytes.
    sha256 : str
        SHA-256 digest of the content, in hexadecimal.
    media_type : str
        Media type, such as ``"text/csv"``.
    attempt_no : int
        Number of the attempt that wrote it, from 1.
    """

    def __init__(self, connection: Connection, run_id: str, record: ArtifactRecord) -> None:
        self._connection = connection
        self._run_id = run_id
        #: Relative to the output folder, with ``/``.
        self.path = record.path
        self.size_bytes = record.size_bytes
        self.sha256 = record.sha256
        self.media_type = record.media_type
        self.attempt_no = record.attempt_no

    def read(self) -> bytes:
        """Returns the whole content.

        Returns
        -------
        bytes
            The content.
        """
        return self._connection.get(*self._place)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the content to a file.

        Parameters
        ----------
        path : str or path-like
            The file, or an existing folder, where the file gets the artifact's own path.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        UnsafePath
            The artifact's path, or a link, leads out of the folder.
        """
        target = Path(path)
        if target.is_dir():
            target = join_inside(target, self.path)
        return save(self._connection, *self._place, target)

    @property
    def _place(self) -> tuple[str, Params]:
        path = f"runs/{self._run_id}/artifacts/{quote(self.path)}"
        return path, {"attempt": self.attempt_no}

    def __repr__(self) -> str:
        return f"<Artifact {self.path!r} {self.size_bytes} bytes>"


def fetch_artifacts(connection: Connection, run: RunRecord) -> tuple[Artifact, ...]:
    """Returns all artifacts of a run, of which its record has only the first thousand."""
    known = run.artifacts
    if run.artifact_count not in (None, len(known)):
        known, cursor = (), None
        while True:
            content = connection.get(f"runs/{run.id}/artifacts", {"cursor": cursor})
            page = decode_answer(content, ArtifactList)
            known += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
    return tuple(Artifact(connection, run.id, record) for record in known)
