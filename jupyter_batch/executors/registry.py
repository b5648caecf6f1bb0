"""Makes executors of the kinds that ``domain.executor_kinds`` declares."""

from __future__ import annotations

import pkgutil

from jupyter_batch.domain.executor_kinds import EXECUTOR_KINDS, ExecutorKind
from jupyter_batch.domain.settings import Settings
from jupyter_batch.executors.frame_keys import FrameKeys
from jupyter_batch.ports import Executor


def open_executor(
    kind: ExecutorKind, settings: Settings, *, runner: bytes, keys: FrameKeys | None = None
) -> Executor:
    """Returns an executor of a kind; loads its implementation.

    ``runner`` is the zip application that ``runner.pack`` makes; ``keys`` sign its frames.
    """
    implementation = pkgutil.resolve_name(kind.implementation)
    executor: Executor = implementation(settings, runner=runner, keys=keys)
    return executor


def open_executors(settings: Settings, *, runner: bytes, keys: FrameKeys) -> dict[str, Executor]:
    """Returns one executor of each kind, by name.

    Also of the kinds that the settings do not allow: attempts of theirs may still run.
    """
    return {
        name: open_executor(kind, settings, runner=runner, keys=keys)
        for name, kind in EXECUTOR_KINDS.items()
    }
