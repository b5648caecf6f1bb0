"""The kinds of executors. Each is declared here, once; everything else reads it from here.

Settings, the command line and the widgets read this module; the panel reads it in ``GET health``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from jupyter_batch.domain.value import Value

#: Fields of an environment that depend on the executor. The others reach every runner.
EXECUTOR_OPTIONS = ("image", "cpus", "memory_bytes", "gpus", "volumes", "network")


class ExecutorKind(Value, frozen=True, kw_only=True):
    """The facts about a kind of executor that are known without loading it."""

    #: What settings, requests and ``--executor`` call it.
    name: str
    #: What people read.
    label: str
    #: Where the notebook runs, in a few words: they follow the name in help texts.
    summary: str
    #: ``module:class`` of the implementation; it is loaded when an engine is put together.
    implementation: str
    #: Whether attempts are isolated from the server's machine.
    isolated: bool
    #: Those of EXECUTOR_OPTIONS that have an effect.
    options: tuple[str, ...] = ()
    #: Those that are accepted and recorded, and have no effect. The rest is refused.
    unenforced: tuple[str, ...] = ()

    @property
    def refused(self) -> tuple[str, ...]:
        """Returns the options that an environment of this executor cannot have."""
        accepted = {*self.options, *self.unenforced}
        return tuple(name for name in EXECUTOR_OPTIONS if name not in accepted)


DOCKER = ExecutorKind(
    name="docker",
    label="Docker",
    summary="a container for each attempt",
    implementation="jupyter_batch.executors.docker:DockerExecutor",
    isolated=True,
    options=EXECUTOR_OPTIONS,
)
PROCESS = ExecutorKind(
    name="process",
    label="Process",
    summary="a process of the server's user, with no isolation",
    implementation="jupyter_batch.executors.process:ProcessExecutor",
    isolated=False,
    unenforced=("cpus", "memory_bytes", "gpus"),
)

#: By name, in the order in which people see them. The first is the default.
EXECUTOR_KINDS: Mapping[str, ExecutorKind] = MappingProxyType(
    {kind.name: kind for kind in (DOCKER, PROCESS)}
)
EXECUTOR_NAMES = tuple(EXECUTOR_KINDS)


def executor_help() -> str:
    """Returns all kinds with what they are, for help texts."""
    return "; ".join(f"{kind.name} ({kind.summary})" for kind in EXECUTOR_KINDS.values())
