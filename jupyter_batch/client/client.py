"""The way in: one object that knows a server's runs and jobs."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx
import msgspec

from jupyter_batch.client.connection import Address, Connection, FixedAddress, Locator
from jupyter_batch.client.discovery import LocalOwner
from jupyter_batch.client.jobs import Jobs
from jupyter_batch.client.notebooks import below, local_notebook, sent_along
from jupyter_batch.client.runs import Runs
from jupyter_batch.errors import InvalidInput
from jupyter_batch.wire.owner import default_data_dir


class Client:
    """Talks to the owner of this machine's data folder, or to a server that is named.

    Without ``url`` it finds the owner of ``data_dir`` (``$JUPYTER_BATCH_DATA``, else ``batch`` in
    the Jupyter data directory) when the first request is made; with no owner, it starts a passing
    one, which ends by itself when it is idle. ``url`` is a Jupyter server's, with its base url.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str = "",
        *,
        data_dir: str | os.PathLike[str] | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._is_local = url is None
        locator: Locator
        if url is None:
            folder = Path(data_dir).absolute() if data_dir else default_data_dir()
            locator = LocalOwner(folder, transport=transport)
        else:
            locator = FixedAddress(Address(url=url, token=token))
        self._connection = Connection(
            locator, transport=transport, use_proxies=not self._is_local and transport is None
        )
        self._root: str | None = None
        self._runs = Runs(self._connection, self._name_notebook)
        self._jobs = Jobs(self._connection, self._server_path)

    @property
    def runs(self) -> Runs:
        """Submits and finds runs."""
        return self._runs

    @property
    def jobs(self) -> Jobs:
        """Makes and finds jobs."""
        return self._jobs

    @property
    def url(self) -> str:
        """Of the server that is talked to."""
        return self._connection.address.url

    def health(self) -> dict[str, Any]:
        """Returns what the server says of itself: version, root, executors, counts of runs."""
        health: dict[str, Any] = msgspec.json.decode(self._connection.get("health"))
        return health

    def parameters(self, path: str | os.PathLike[str]) -> dict[str, Any]:
        """Returns what a notebook below the server's root takes: its JSON Schema and more."""
        content = self._connection.get("notebooks/parameters", {"path": self._server_path(path)})
        schema: dict[str, Any] = msgspec.json.decode(content)
        return schema

    def close(self) -> None:
        """Closes the connections; runs go on."""
        self._connection.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _name_notebook(self, path: str | os.PathLike[str], files: list[str]) -> dict[str, Any]:
        """Names a notebook that the server can see; sends along one that it cannot."""
        found = local_notebook(path)
        inside = below(self._server_root(), found)
        if inside is not None:
            return {"notebook": inside, **({"files": files} if files else {})}
        return sent_along(found, files)

    def _server_path(self, path: str | os.PathLike[str]) -> str:
        """Returns the path of a notebook that the server can read whenever it likes."""
        if not self._is_local:
            return Path(path).as_posix()
        found = local_notebook(path)
        root = self._server_root()
        inside = below(root, found)
        if inside is None:
            raise InvalidInput(
                f"{found} is outside of {root}, the folder of the server that runs jobs: a job "
                "reads its notebook anew for each run, so the notebook must lie in there",
                field="notebook",
            )
        return inside

    def _server_root(self) -> str | None:
        """The folder that the server names notebooks from; None where it has another disk."""
        if not self._is_local:
            return None
        if self._root is None:
            self._root = str(self.health()["root_dir"])
        return self._root
