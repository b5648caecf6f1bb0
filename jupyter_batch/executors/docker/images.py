"""Finds, probes and pulls images."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import msgspec
import requests

from jupyter_batch.domain.value import Value
from jupyter_batch.errors import ImageNotFound, ImageUnusable
from jupyter_batch.executors.docker.connection import DockerConnection, Gone, Refused, error_text
from jupyter_batch.ports import ImageReport, ProgressCallback

BUILD_HINT = "build the default image with `jupyter batch image build`"
_PROBE = (Path(__file__).parent / "probe.py").read_text()
_PROBE_LABEL = "jupyter_batch.probe"
_PROBE_SECONDS = 120
_PROBE_TRIES = 3
#: The engine's messages about a removed container, and the exit code of a killed one.
_CLEARED_AWAY = ("No such container", "marked for removal")
_KILLED = 137
_PYTHONS = ("python", "python3")
_ROOTS = ("", "0", "root")

#: Arguments of every container of ours, probes included.
HARDENING: dict[str, Any] = {
    "init": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
    "privileged": False,
    "restart_policy": {"Name": "no"},
}


class ImageFacts(Value, frozen=True, kw_only=True):
    """The facts about an image, found out once for each content address."""

    #: Content address.
    id: str
    #: The interpreter's name on the image's PATH.
    python: str
    python_version: str
    machine: str
    #: Empty where there is none (musl).
    glibc: str
    papermill: str | None
    #: Why papermill cannot be imported although it is installed.
    papermill_error: str | None = None
    kernels: dict[str, str]
    #: The user of its containers: the image's own user unless that is root.
    user: str
    uid: int
    gid: int
    #: The user's home where it can be written to.
    home: str | None
    #: Whether it has the folders that a container of ours needs, as job images have.
    has_folders: bool = False

    def report(self, image: str) -> ImageReport:
        """Returns the public report; raises ImageUnusable that names what is missing."""
        missing = self._missing()
        if missing:
            raise ImageUnusable(
                f"image {image} cannot run notebooks: {missing}; add it (`pip install papermill "
                f"ipykernel` in its Dockerfile), name another image, or {BUILD_HINT}",
                image=image,
            )
        return ImageReport(
            image=image,
            image_digest=self.id,
            python=self.python_version,
            papermill=self.papermill or "",
            kernels=self.kernels,
        )

    def _missing(self) -> str:
        version = tuple(int(part) for part in self.python_version.split(".")[:2])
        if version < (3, 9):
            return f"its Python is {self.python_version}, at least 3.9 is needed"
        if self.papermill is None:
            return f"user {self.user} finds no papermill with its `{self.python}`"
        if self.papermill_error:
            return f"its papermill does not start ({self.papermill_error})"
        return "" if self.kernels else "it has no Jupyter kernel"


class Images:
    """The images of one engine."""

    def __init__(self, engine: DockerConnection, *, cache_file: Path | None) -> None:
        self._engine = engine
        #: Tells our probes from those of other data folders.
        self._owner = hashlib.sha256(os.fsencode(cache_file or "")).hexdigest()[:16]
        self._probes: set[str] = set()
        self._cache_file = cache_file
        self._facts: dict[str, ImageFacts] = {}
        if cache_file is not None:
            with contextlib.suppress(OSError, msgspec.MsgspecError):
                self._facts = msgspec.json.decode(
                    cache_file.read_bytes(), type=dict[str, ImageFacts]
                )

    def details(self, client: docker.APIClient, image: str) -> dict[str, Any]:
        """Returns the engine's description of an image; raises Gone."""
        return dict(client.inspect_image(image))  # type: ignore[no-untyped-call]

    def find(self, client: docker.APIClient, image: str) -> str | None:
        """Returns the content address of an image, or None where it is not on the engine."""
        try:
            return str(self.details(client, image)["Id"])
        except Gone:
            return None

    def facts(self, client: docker.APIClient, image_id: str) -> ImageFacts:
        """Returns the facts about an image; starts a container of it the first time."""
        facts = self._facts.get(image_id)
        if facts is None:
            facts = self._facts[image_id] = self._probe(client, image_id)
            self._save()
        return facts

    def pull(self, client: docker.APIClient, image: str, progress: ProgressCallback) -> str:
        """Pulls an image from its registry; raises ImageNotFound with advice."""
        name, tag = _name_and_tag(image)
        progress(f"pulling image {image}", None)
        try:
            for event in client.pull(name, tag=tag, stream=True, decode=True):
                if "error" in event:
                    raise _not_found(image, event["error"])
                _report_progress(event, image, progress)
        except Refused as error:
            raise _not_found(image, error_text(error)) from error
        found = self.find(client, image)
        if found is None:
            raise _not_found(image, "the registry has none for this machine")
        return found

    def remove_old_probes(self, client: docker.APIClient) -> None:
        """Removes probes that an owner or an engine that died has left behind."""
        filters = {"label": [f"{_PROBE_LABEL}={self._owner}"]}
        for item in client.containers(all=True, filters=filters):
            if item["Names"][0].lstrip("/") not in self._probes:
                with contextlib.suppress(Refused):
                    client.remove_container(item["Id"], force=True, v=True)

    def _probe(self, client: docker.APIClient, image_id: str) -> ImageFacts:
        self.remove_old_probes(client)
        config = self.details(client, image_id)["Config"] or {}
        user = own_user(config.get("User") or "", os.getuid())
        refusal = ""
        for python in _PYTHONS:
            try:
                text = self._run_probe(client, image_id, user, python)
            except Refused as error:
                refusal = error_text(error)
                if "executable file not found" in refusal or "no such file" in refusal:
                    continue
                break
            with contextlib.suppress(ValueError):
                found = json.loads(text.splitlines()[-1] if text else "")
                return msgspec.convert(
                    {**found, "id": image_id, "python": python, "user": user}, ImageFacts
                )
            refusal = f"its `{python}` printed: {text[-300:]}"
        raise ImageUnusable(
            f"image {image_id} cannot run notebooks: its Python does not start ({refusal}); "
            f"name another image, or {BUILD_HINT}",
            image=image_id,
        )

    def _run_probe(self, client: docker.APIClient, image_id: str, user: str, python: str) -> str:
        """Returns the probe's output; raises Refused.

        Another process of the same data folder (two that start at once, `doctor`) takes it for
        one that was left behind, and removes it: then it is made again.
        """
        for _ in range(_PROBE_TRIES):
            text = self._try_probe(client, image_id, user, python)
            if text is not None:
                return text
        return "nothing, as its container was removed again and again"

    def _try_probe(
        self, client: docker.APIClient, image_id: str, user: str, python: str
    ) -> str | None:
        name = f"jb-probe-{uuid.uuid4().hex[:12]}"
        self._probes.add(name)
        code = 0
        try:
            container = client.create_container(
                image_id,
                name=name,
                entrypoint=[python, "-c", _PROBE],
                command=[],
                user=user,
                labels={_PROBE_LABEL: self._owner},
                host_config=client.create_host_config(
                    **HARDENING, network_mode="none", pids_limit=256
                ),
            )["Id"]
            with _removed(client, container):
                client.start(container)
                with contextlib.suppress(requests.exceptions.RequestException):
                    code = client.wait(container, timeout=_PROBE_SECONDS)["StatusCode"]
                text = client.logs(container, stdout=True, stderr=True).decode("utf-8", "replace")
                return None if code == _KILLED and not text else str(text).strip()
        except Refused as error:
            if any(text in error_text(error) for text in _CLEARED_AWAY):
                return None
            raise
        finally:
            self._probes.discard(name)

    def _save(self) -> None:
        if self._cache_file is None:
            return
        # A cache: without it the next owner probes again.
        with contextlib.suppress(OSError):
            self._cache_file.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._cache_file.parent)
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(self._facts))
            Path(name).replace(self._cache_file)


def _not_found(image: str, text: str) -> ImageNotFound:
    return ImageNotFound(
        f"image {image} is not on the engine and could not be pulled ({text}); check its name, "
        f"or {BUILD_HINT}",
        image=image,
    )


def _name_and_tag(image: str) -> tuple[str, str]:
    if "@" in image:
        name, _, digest = image.partition("@")
        return name, digest
    name, colon, tag = image.rpartition(":")
    return (name, tag) if colon and "/" not in tag else (image, "latest")


def _report_progress(event: dict[str, Any], image: str, progress: ProgressCallback) -> None:
    detail = event.get("progressDetail") or {}
    share = detail["current"] / detail["total"] if detail.get("total") else None
    status = event.get("status", "")
    if status in ("Downloading", "Extracting"):
        progress(f"pulling image {image}: {status.lower()} layer {event.get('id', '')}", share)


def own_user(configured: str, server_uid: int) -> str:
    """Returns the user of an image's containers: the image's own, or one that is not root.

    For an image that runs as root it is the server's own user, so that what a notebook writes
    to a volume belongs to whoever runs the server; 1000 where that is root too.
    """
    name = configured.partition(":")[0]
    if name not in _ROOTS:
        return configured
    uid = server_uid or 1000
    return f"{uid}:{uid}"


@contextlib.contextmanager
def _removed(client: docker.APIClient, container: str) -> Iterator[None]:
    try:
        yield
    finally:
        with contextlib.suppress(Refused):
            client.remove_container(container, force=True, v=True)
