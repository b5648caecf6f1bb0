"""Reads what a server says of itself, and what its administrator needs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyter_batch.client.backup import save_backup
from jupyter_batch.client.run import Run
from jupyter_batch.client.runs import Runs
from jupyter_batch.client.transport.answers import decode_answer
from jupyter_batch.client.transport.http_client import Connection
from jupyter_batch.domain.backup import BackupManifest


class ServerInfo:
    """The part of a client that describes the server, backs it up and imports runs."""

    _connection: Connection
    _runs: Runs

    @property
    def url(self) -> str:
        """Address of the server."""
        return self._connection.address.url

    def health(self) -> dict[str, Any]:
        """Returns the state of the server.

        Returns
        -------
        dict
            Version, root folder, executors, counts of runs and more, as ``GET health`` answers.
        """
        health: dict[str, Any] = decode_answer(self._connection.get("health"), dict)
        return health

    def secrets(self) -> dict[str, Any]:
        """Returns the names of the secrets that runs may ask for.

        Returns
        -------
        dict
            The names, and which of the secrets are weak, as ``GET secrets`` answers.
        """
        secrets: dict[str, Any] = decode_answer(self._connection.get("secrets"), dict)
        return secrets

    def import_run(self, body: Mapping[str, Any], *, key: str) -> Run:
        """Record a run that was executed elsewhere.

        Parameters
        ----------
        body : dict
            Body of ``POST imports/runs``, with the executed notebook as ``content``.
        key : str
            Key of the run. A key is imported once.

        Returns
        -------
        Run
            The recorded run.

        Raises
        ------
        InvalidInput
            ``body`` is not valid.
        """
        return self._runs.imported(body, key)

    def backup(
        self, path: str | os.PathLike[str], *, overwrite: bool = False
    ) -> tuple[Path, BackupManifest]:
        """Write a complete and consistent backup of the store; runs continue.

        Parameters
        ----------
        path : str or path-like
            File to write, or a folder to write it into. The file appears when it is complete and
            has been checked.
        overwrite : bool, default False
            If true, replace a file that exists.

        Returns
        -------
        tuple of (pathlib.Path, BackupManifest)
            The file and a description of its content.

        Raises
        ------
        Conflict
            The file exists and ``overwrite`` is false.
        InvalidInput
            There is no such folder.
        """
        return save_backup(self._connection, Path(path), overwrite=overwrite)
