"""Reads what a notebook has said and a runner that was killed could not pass on."""

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
    """Gives it to the recorder; what cannot be read is lost, which ends no run.

    Nothing is taken where the secrets are not known any more that would have to be masked.
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
        # Anything can be in it.
        log.exception("What run %s has left cannot be taken", run.id)
