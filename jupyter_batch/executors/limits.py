"""Fills in the defaults of a container's environment and checks it against the settings."""

from __future__ import annotations

import math
import posixpath
import re
from fnmatch import fnmatchcase

from msgspec.structs import replace

from jupyter_batch.domain.environment import Environment, Volume
from jupyter_batch.domain.findings import Findings
from jupyter_batch.domain.settings import Settings
from jupyter_batch.errors import InvalidInput, NotAllowed

#: Less than this no engine takes.
MIN_MEMORY_BYTES = 6 * 1024 * 1024
MIN_CPUS = 0.01

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_DOMAIN = r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]+)?"
_IMAGE = re.compile(
    rf"(?:(?:{_DOMAIN}/)?{_COMPONENT}(?:/{_COMPONENT})*(?::\w[\w.-]{{0,127}})?"
    r"(?:@sha256:[0-9a-f]{64})?|sha256:[0-9a-f]{64})",
    re.ASCII,
)
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]*")
_SOCKETS = ("/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock")
#: Mounts at or below these would change what the container is.
_RESERVED_TARGETS = ("/", "/proc", "/sys", "/dev", "/etc", "/jupyter-batch")


def resolve(environment: Environment, settings: Settings, *, engine: str) -> Environment:
    """Returns the environment with all defaults filled in; raises InvalidInput, NotAllowed.

    ``details["field"]`` names the place, from ``environment`` on. ``engine`` is the engine's
    address: its socket is kept out of containers.
    """
    resolved = replace(
        environment,
        image=environment.image or settings.default_image,
        cpus=settings.default_cpus if environment.cpus is None else environment.cpus,
        memory_bytes=(
            settings.default_memory_bytes
            if environment.memory_bytes is None
            else environment.memory_bytes
        ),
        network=environment.network or settings.default_network,
    )
    findings = Findings()
    with findings.gather():
        _check_image(resolved.image or "", settings)
    with findings.gather():
        _check_cpus(resolved.cpus or 0, settings)
    with findings.gather():
        _check_memory(resolved.memory_bytes or 0, settings)
    with findings.gather():
        _check_gpus(resolved.gpus, settings)
    with findings.gather():
        _check_network(resolved.network or "", settings)
    for index, volume in enumerate(resolved.volumes):
        with findings.gather():
            _check_volume(volume, settings, f"environment.volumes.{index}")
            _check_socket(volume, engine, f"environment.volumes.{index}.source")
    findings.raise_first()
    return resolved


def _check_image(image: str, settings: Settings) -> None:
    field = "environment.image"
    if len(image) > 512 or not _IMAGE.fullmatch(image):
        raise InvalidInput(f"{image!r} is no name of an image", field=field)
    if image != settings.default_image and not _matches(image, settings.allowed_images):
        raise NotAllowed(
            f"image {image!r} is not allowed; allowed are: "
            f"{', '.join((settings.default_image, *settings.allowed_images))}",
            field=field,
        )


def _check_cpus(cpus: float, settings: Settings) -> None:
    field = "environment.cpus"
    if not math.isfinite(cpus) or cpus < MIN_CPUS:
        raise InvalidInput(f"cpus must be at least {MIN_CPUS}, not {cpus}", field=field)
    if settings.max_cpus is not None and cpus > settings.max_cpus:
        raise NotAllowed(f"{cpus:g} cpus; at most {settings.max_cpus:g} are allowed", field=field)


def _check_memory(memory: int, settings: Settings) -> None:
    field = "environment.memory_bytes"
    if memory < MIN_MEMORY_BYTES:
        raise InvalidInput(
            f"memory must be at least {MIN_MEMORY_BYTES} bytes, not {memory}", field=field
        )
    if settings.max_memory_bytes is not None and memory > settings.max_memory_bytes:
        raise NotAllowed(
            f"{memory} bytes of memory; at most {settings.max_memory_bytes} are allowed",
            field=field,
        )


def _check_gpus(gpus: int, settings: Settings) -> None:
    field = "environment.gpus"
    if gpus < -1:
        raise InvalidInput(
            f"gpus must be a number, 0 for none or -1 for all, not {gpus}", field=field
        )
    if gpus and not settings.allow_gpus:
        raise NotAllowed("gpus are not allowed", field=field)


def _check_network(network: str, settings: Settings) -> None:
    field = "environment.network"
    if not _NAME.fullmatch(network):
        raise InvalidInput(f"{network!r} is no name of a network", field=field)
    if network != settings.default_network and not _matches(network, settings.allowed_networks):
        raise NotAllowed(
            f"network {network!r} is not allowed; allowed are: "
            f"{', '.join(settings.allowed_networks)}",
            field=field,
        )


def _check_volume(volume: Volume, settings: Settings, field: str) -> None:
    source, target = volume.source, volume.target
    if not target.startswith("/") or _is_crooked(target):
        raise InvalidInput(
            f"{target!r} is no plain absolute path inside the container", field=f"{field}.target"
        )
    if target == "/" or any(_is_within(target, place) for place in _RESERVED_TARGETS[1:]):
        raise InvalidInput(f"nothing can be mounted at {target!r}", field=f"{field}.target")
    field = f"{field}.source"
    if source.startswith("/"):
        # Only the names can be checked: links on the engine's machine cannot be seen from here.
        if _is_crooked(source):
            raise InvalidInput(
                f"{source!r} is no plain path: no '..', no doubled and no last slash", field=field
            )
    elif not _NAME.fullmatch(source):
        raise InvalidInput(f"{source!r} is no absolute path and no name of a volume", field=field)
    if not _matches(source, settings.allowed_volumes):
        allowed = ", ".join(settings.allowed_volumes) or "none"
        raise NotAllowed(f"volume {source!r} is not allowed; allowed are: {allowed}", field=field)


def _check_socket(volume: Volume, engine: str, field: str) -> None:
    sockets = (*_SOCKETS, engine.removeprefix("unix://"))
    if volume.source.startswith("/") and any(_is_within(s, volume.source) for s in sockets):
        raise NotAllowed(f"{volume.source!r} holds the engine's socket", field=field)


def _is_crooked(path: str) -> bool:
    return "\0" in path or path.startswith("//") or posixpath.normpath(path) != path


def _is_within(path: str, folder: str) -> bool:
    return folder == "/" or path == folder or path.startswith(f"{folder}/")


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
