"""Sends a server's requests to its own engine, or to the owner in another process."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from os import getpid
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_batch import __version__
from jupyter_batch.errors import OwnerUnavailable, StoreLocked
from jupyter_batch.server.proxy import OwnerGone, OwnerProxy
from jupyter_batch.services.engine import BatchEngine
from jupyter_batch.wire.owner import OwnerInfo, OwnerKind, read_owner, remove_owner, write_owner

if TYPE_CHECKING:
    from jupyter_batch.server.handler import BatchHandler

_log = logging.getLogger(__name__)

#: Between looks for an owner that is coming up.
_LOOK_SECONDS = 0.2


class Gateway:
    """Becomes the owner where possible, and otherwise forwards requests to the owner."""

    def __init__(
        self,
        *,
        open_engine: Callable[[], Awaitable[BatchEngine]],
        url: Callable[[], str],
        data_dir: Path,
        root_dir: str,
        max_body_bytes: int,
        kind: OwnerKind = "jupyter",
        certificate: str = "",
    ) -> None:
        self._open_engine = open_engine
        self._url = url
        self._data_dir = data_dir
        #: The folder that the notebook paths of its clients are relative to.
        self.root_dir = root_dir
        self._kind = kind
        self._certificate = certificate
        self.max_body_bytes = max_body_bytes
        #: How long an event stream is silent before a comment keeps it open through proxies.
        self.keep_alive_seconds = 15.0
        #: Authorises readers of the owner's file for our own handlers only.
        self.token = secrets.token_urlsafe(32)
        #: How long a request waits for an owner that is just coming up.
        self.patience_seconds = 5.0
        self.engine: BatchEngine | None = None
        self._opening = asyncio.Lock()
        self._tried = False
        #: The error of the last attempt to take over.
        self.trouble: str | None = None
        self._closed = False
        self._forwarder = OwnerProxy()
        self._started_at = datetime.now(UTC)
        self._last_request_at = time.monotonic()

    async def open(self) -> bool:
        """Becomes the owner; returns False where another process is. Raises other errors."""
        async with self._opening:
            if self._closed:
                raise OwnerUnavailable("the server is stopping")
            self._tried = True
            if self.engine is not None:
                return True
            try:
                engine = await self._open_engine()
            except StoreLocked:
                return False
            try:
                await engine.start()
                await asyncio.to_thread(write_owner, self._data_dir, self.introduction())
            except BaseException:
                await engine.stop()
                raise
            self.engine = engine
            _log.info("Owner of %s", self._data_dir)
            return True

    async def close(self) -> None:
        """Closes the store; attempts run on, and the next owner adopts them."""
        self._closed = True
        async with self._opening:
            engine, self.engine = self.engine, None
            if engine is not None:
                try:
                    await engine.stop()
                finally:
                    # Not before: a client that finds no file starts an owner at once.
                    await asyncio.to_thread(remove_owner, self._data_dir, self.token)
            await self._forwarder.close()

    async def engine_for(self, handler: BatchHandler) -> BatchEngine | None:
        """Returns the engine to ask, or None where the owner elsewhere has answered.

        Raises OwnerUnavailable.
        """
        if self._closed:
            raise OwnerUnavailable("the server is stopping")
        if self.engine is None and not self._tried:
            await self.open()
        if self.engine is not None:
            return self.engine
        owner = await asyncio.to_thread(read_owner, self._data_dir)
        if owner is not None and await self._try_forward(handler, owner):
            return None
        # Between two owners: one of the gateways is opening the store right now, or it is us.
        patience = time.monotonic() + self.patience_seconds
        while not await self.open():
            newer = await asyncio.to_thread(read_owner, self._data_dir)
            if newer is not None and newer != owner and await self._try_forward(handler, newer):
                return None
            if time.monotonic() > patience:
                pid = f" (process {newer.pid})" if newer else ""
                raise OwnerUnavailable(
                    f"another process{pid} has {self._data_dir} open but does not answer; "
                    "try again soon"
                )
            await asyncio.sleep(_LOOK_SECONDS)
        return self.engine

    async def fail_over(self) -> bool:
        """Becomes the owner if there is none; returns whether it is one. Never raises.

        For servers without requests: schedules go on after their owner has died.
        """
        try:
            is_owner = await self.open()
        except Exception as error:
            if str(error) != self.trouble:  # logged once, not at each try
                _log.warning("Cannot take over %s: %s", self._data_dir, error)
            self.trouble = str(error)
            return False
        self.trouble = None
        return is_owner

    @property
    def is_closing(self) -> bool:
        """Returns whether it closes, or has closed, the store: another gateway is asked next."""
        return self._closed

    def touch(self) -> None:
        """Notes the time of a request."""
        self._last_request_at = time.monotonic()

    @property
    def quiet_seconds(self) -> float:
        """Returns the seconds since the last request."""
        return time.monotonic() - self._last_request_at

    async def _try_forward(self, handler: BatchHandler, owner: OwnerInfo) -> bool:
        if owner.token == self.token:
            return False
        try:
            await self._forwarder.forward(handler, owner)
        except OwnerGone:
            return False
        return True

    def introduction(self) -> OwnerInfo:
        """Returns the content of the owner's file."""
        return OwnerInfo(
            url=self._url(),
            token=self.token,
            pid=getpid(),
            kind=self._kind,
            version=__version__,
            started_at=self._started_at,
            certificate=self._certificate,
        )
