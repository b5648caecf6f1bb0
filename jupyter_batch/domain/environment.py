"""Where and within which limits an attempt runs."""

from __future__ import annotations

import msgspec

from jupyter_batch.domain.value import Value


class Volume(Value, frozen=True, kw_only=True):
    """A folder of the engine's machine, or a named volume, seen inside the container."""

    #: Absolute path on the engine's machine, or the name of a volume.
    source: str
    #: Absolute path inside the container.
    target: str
    read_only: bool = True


class Environment(Value, frozen=True, kw_only=True):
    """The surroundings of an attempt; what is None is decided by the settings when it is frozen."""

    #: ``docker`` or ``process``.
    executor: str | None = None
    image: str | None = None
    #: Content address of the image that was used; set when an attempt starts.
    image_digest: str | None = None
    cpus: float | None = None
    memory_bytes: int | None = None
    #: How many gpus; 0 for none, -1 for all.
    gpus: int = 0
    #: Plain environment variables; they are recorded, so they are no place for secrets.
    env: dict[str, str] = msgspec.field(default_factory=dict)
    #: Names of secrets; the values reach the notebook as variables of the same names.
    secrets: tuple[str, ...] = ()
    volumes: tuple[Volume, ...] = ()
    #: Name of the container network; ``none`` for no network.
    network: str | None = None
    #: Kernel to use instead of the notebook's own.
    kernel: str | None = None
    #: Whether an exception in a cell tagged ``raises-exception`` fails the run, as in papermill.
    strict_errors: bool = False
    #: Whether files that the notebook writes beside itself are kept as artifacts, too.
    keep_files: bool = False
