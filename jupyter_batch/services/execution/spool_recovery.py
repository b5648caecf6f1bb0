"""Recovers messages of a notebook from the spool of a runner that was killed."""

from __future__ import annotations

import logging

from jupyter_batch.domain.run import Run
from jupyter_batch.errors import BatchError
from jupyter_batch.ports import AttemptHandle, Executor, Secrets
from jupyter_batch.runner.masking import Masker
from jupyter_batch.runner.spool import SPOOL_NAME
from jupyter_batch.services.execution.recorder import AttemptRecorder

log = logging.getLogger(__name__)


async def recover_spool(
    run: Run,
    handle: AttemptHandle,
    recorder: AttemptRecorder,
    *,
    executor: Executor,
    secrets: Secrets,
) -> None:
    """Passes the spool to the recorder. An unreadable spool is lost, which ends no run.

    Nothing is recovered if the secrets that have to be masked are not available any more.
    """
    if recorder.finished is not None:
        return
    try:
        spool = await executor.kept(handle, SPOOL_NAME)
        if spool:
            values = await secrets.get(run.environment.secrets, user=run.created_by)
            recorder.recover_spool(spool, Masker(values))
    except BatchError as error:
        log.warning("Cannot read what run %s has left: %s", run.id, error.message)
    except Exception:
        # The spool may have any content.
        log.exception("What run %s has left cannot be taken", run.id)
