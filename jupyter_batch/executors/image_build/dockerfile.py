"""Builds job images: a base, the packages, a user who is not root."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, cast

import docker

from jupyter_batch.errors import ExecutorError, ImageNotFound, ImageUnusable
from jupyter_batch.executors.bundle_tar import Member, tar_stream
from jupyter_batch.executors.docker.connection import DockerConnection, Refused, error_text
from jupyter_batch.executors.docker.images import ImageFacts, Images, own_user
from jupyter_batch.executors.image_build import debian, wheels
from jupyter_batch.ports import ProgressCallback

#: The name that stands for a base made from Debian's packages.
DEBIAN = "debian"
#: The packages of every job image.
ALWAYS = ("papermill", "ipykernel", "pip")
_BUILD_SECONDS = 3600
_CHATTER = ("Step ", "--->", "Removing intermediate")
_STEP = re.compile(r"Step (\d+)/(\d+) :")
_DOCKERFILE = (Path(__file__).parent / "Dockerfile.in").read_text()


class Builder:
    """Builds on one engine. Its methods await; the work is done in threads."""

    def __init__(self, engine: DockerConnection, images: Images) -> None:
        self._engine = engine
        self._images = images

    async def build(
        self,
        *,
        tag: str,
        base: str | None = None,
        requirements: Sequence[str] = (),
        built_for: str | None = None,
        progress: ProgressCallback,
    ) -> ImageFacts:
        """Builds a job image and returns what it offers.

        Args:
            base: an image with Python and a shell; ``debian`` to make one from Debian's packages;
                None for the official slim image of this Python, and where it cannot be had
                for ``debian``.
            requirements: lines as in a requirements file; papermill and ipykernel go along.
            built_for: Python (``3.12``) of the environment that the requirements are from; a
                difference to the image's is told.
        """
        return await self._engine.call(
            lambda client: self._build(client, tag, base, requirements, built_for, progress)
        )

    def _build(
        self,
        client: docker.APIClient,
        tag: str,
        base: str | None,
        requirements: Sequence[str],
        built_for: str | None,
        progress: ProgressCallback,
    ) -> ImageFacts:
        base_id = self._base(client, base, built_for or _own_python(), progress)
        facts = self._images.facts(client, base_id)
        python = ".".join(facts.python_version.split(".")[:2])
        if built_for is not None and built_for != python:
            progress(
                f"the image has Python {python}, your environment {built_for}: packages of the "
                "same versions may behave differently, or may not exist",
                None,
            )
        target = wheels.Target(python=python, machine=facts.machine, glibc=facts.glibc)
        wanted = [*requirements, *(name for name in ALWAYS if not _names(name, requirements))]
        folder = wheels.get_wheels(wanted, target, lambda text: progress(text, None))
        self._run_build(client, tag, base_id, facts, folder, progress)
        built = self._images.find(client, tag)
        if built is None:
            raise ExecutorError(f"the engine has built image {tag}, but does not know it")
        progress(f"looking into image {tag}", None)
        return self._images.facts(client, built)

    def _base(
        self, client: docker.APIClient, base: str | None, python: str, progress: ProgressCallback
    ) -> str:
        if base == DEBIAN:
            return self._debian_base(client, python, progress)
        image = base or f"python:{python}-slim"
        found = self._images.find(client, image)
        if found is not None:
            return found
        try:
            return self._images.pull(client, image, progress)
        except ImageNotFound as error:
            if base is not None:
                raise
            why_not = debian.obstacle()
            if why_not:
                raise ImageNotFound(
                    f"{error.message}; a base from Debian's packages cannot be made either: "
                    f"{why_not}",
                    image=image,
                ) from error
            progress(f"no registry gives {image}: using Debian's packages instead", None)
            return self._debian_base(client, python, progress)

    def _debian_base(
        self, client: docker.APIClient, python: str, progress: ProgressCallback
    ) -> str:
        suite = debian.suite_for(python)
        name = f"jupyter-batch-base:{suite}"
        found = self._images.find(client, name)
        if found is not None:
            return found
        made = debian.make_base(suite, lambda text: progress(text, None))
        try:
            progress(f"importing base image {name}", None)
            # As an iterator: docker-py announces chunks, but sends a file object in one piece.
            client.import_image_from_stream(
                Member(name=name, content=made).slices(), repository="jupyter-batch-base", tag=suite
            )
        finally:
            made.unlink()
        found = self._images.find(client, name)
        if found is None:
            raise ExecutorError(f"the engine has imported image {name}, but does not know it")
        return found

    def _run_build(
        self,
        client: docker.APIClient,
        tag: str,
        base_id: str,
        facts: ImageFacts,
        folder: Path,
        progress: ProgressCallback,
    ) -> None:
        uid = os.getuid() or 1000
        user = own_user(self._images.details(client, base_id)["Config"].get("User") or "", uid)
        dockerfile = _DOCKERFILE
        for place, value in {
            "@BASE@": base_id.removeprefix("sha256:"),
            "@PYTHON@": facts.python,
            "@USER@": user,
            "@UID@": str(uid),
        }.items():
            dockerfile = dockerfile.replace(place, value)
        context = [
            Member(name="Dockerfile", content=(dockerfile.encode(),)),
            Member(name="wheels", mode=0o755),
            *(Member(name=f"wheels/{w.name}", content=w) for w in sorted(folder.iterdir())),
        ]
        progress(f"building image {tag}", None)
        last_output: list[str] = []
        events = client.build(
            fileobj=cast("IO[bytes]", tar_stream(context)),
            custom_context=True,
            tag=tag,
            rm=True,
            forcerm=True,
            network_mode="none",
            timeout=_BUILD_SECONDS,
            decode=True,
        )
        try:
            for event in events:
                if "error" in event:
                    message = " ".join((event["error"], *last_output))
                    raise ImageUnusable(f"image {tag} cannot be built: {message}", image=tag)
                text = str(event.get("stream", "")).strip()
                if text and not text.startswith(_CHATTER):
                    last_output = [*last_output, text][-5:]
                if step := _STEP.match(text):
                    share = (int(step[1]) - 1) / int(step[2])
                    progress(f"building image {tag}: step {step[1]} of {step[2]}", share)
        except Refused as error:
            raise ImageUnusable(
                f"image {tag} cannot be built: {error_text(error)}", image=tag
            ) from error


def _own_python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _names(name: str, requirements: Sequence[str]) -> bool:
    return any(
        line.split(";")[0].strip().lower().rstrip("0123456789.*=<>!~, ") == name
        for line in requirements
    )
