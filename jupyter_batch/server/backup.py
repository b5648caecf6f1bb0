"""``backup``: the whole store in one file."""

from __future__ import annotations

from jupyter_batch.server.endpoint import endpoint
from jupyter_batch.server.handler import BatchHandler

_ZIP = "application/zip"


class BackupHandler(BatchHandler):
    """``backup``."""

    @endpoint(
        "read",
        "Returns a whole and consistent copy of the store, to be put back by jupyter batch restore",
        media_type=_ZIP,
    )
    async def get(self) -> None:
        """Makes a backup while runs go on, and returns it."""
        await self.while_connected(self._send())

    async def _send(self) -> None:
        async with self.engine.backup() as made:
            self.set_attachment_header(f"jupyter-batch-{made.manifest.made_at:%Y%m%d-%H%M%S}.zip")
            self.set_header("Content-Length", str(made.size_bytes))
            await self.reply_slices(made.slices(), _ZIP)
