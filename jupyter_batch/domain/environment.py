"""The environment of an attempt: executor, image, limits, variables, mounts."""

from __future__ import annotations

import msgspec

from jupyter_batch.domain.value import Value


class Volume(Value, frozen=True, kw_only=True):
    """A mount: a folder of the Docker host, or a named volume, inside the container."""

    #: Absolute path on the Docker host, or the name of a volume.
    source: str
    #: Absolute path inside the container.
    target: str
    read_only: bool = True


class Environment(Value, frozen=True, kw_only=True):
    """The environment of an attempt. The settings fill in None when it is frozen."""

    #: Name of an executor.
    executor: str | None = None
    image: str | None = None
    #: Content address of the image that was used; set when an attempt starts.
    image_digest: str | None = None
    cpus: float | None = None
    memory_bytes: int | None = None
    #: Number of gpus; 0 for none, -1 for all.
    gpus: int = 0
    #: Plain environment variables. They are recorded, so they must not hold secrets.
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
    #: Whether files that the notebook writes into its working folder are kept as artifacts too.
    keep_files: bool = False
