"""Runs attempts in containers of their own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import docker
from msgspec.structs import replace

from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.executor_kinds import DOCKER
from jupyter_batch.domain.frames import AnyFrame
from jupyter_batch.domain.recording import LogLine
from jupyter_batch.domain.settings import Settings
from jupyter_batch.errors import (
    BatchError,
    ExecutorError,
    ImageNotFound,
    ImageUnusable,
    InvalidInput,
)
from jupyter_batch.executors import limits, sizes
from jupyter_batch.executors.bundle_tar import MAX_KEPT_BYTES, first_file, pack, tar_stream
from jupyter_batch.executors.channel import Channel
from jupyter_batch.executors.docker import containers
from jupyter_batch.executors.docker.connection import (
    DockerConnection,
    Gone,
    Refused,
    error_text,
    refusals,
)
from jupyter_batch.executors.docker.end_waiter import EndWaiter, ended_without_bundle
from jupyter_batch.executors.docker.following import LogFollower
from jupyter_batch.executors.docker.images import BUILD_HINT, ImageFacts, Images
from jupyter_batch.executors.docker.pulse import Pulse
from jupyter_batch.executors.docker.stdin_feed import StdinFeed
from jupyter_batch.executors.frame_keys import FrameKeys
from jupyter_batch.executors.image_build.dockerfile import Builder
from jupyter_batch.ports import (
    AttemptEnding,
    AttemptHandle,
    AttemptSpec,
    ExecutorHealth,
    ImageReport,
    ProgressCallback,
)

_log = logging.getLogger(__name__)
_HEALTH_SECONDS = 5


class DockerExecutor:
    """ports.Executor over one container engine, near or far.

    Nothing of the server's disk is mounted: the started container receives the runner and its
    bundle over stdin. A crash in between leaves a container that was never started, or one that
    ends for want of its bundle; starting the same attempt again starts a new one.
    """

    kind = DOCKER
    name = DOCKER.name

    def __init__(self, settings: Settings, *, runner: bytes, keys: FrameKeys | None = None) -> None:
        """Takes the runner as the zip application that ``runner.pack`` makes.

        ``keys``: with what it signs its frames; None for one that does not.
        """
        self._settings = settings
        self._runner = runner
        self._keys = keys
        self._engine = DockerConnection(settings.docker_host)
        self._images = Images(
            self._engine, cache_file=Path(settings.data_dir) / "cache" / "images.json"
        )
        self._builder = Builder(self._engine, self._images)
        self._pulse = Pulse(
            lambda: self._engine.pulse(_HEALTH_SECONDS), patience_seconds=_HEALTH_SECONDS
        )
        self._preparing: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        #: Of the engine's machine; None until it has been asked.
        self._cpus: int | None = None

    async def health(self) -> ExecutorHealth:
        """Returns whether the engine answers, and with what."""
        isolated, facts = self.kind.isolated, {"address": self._engine.address}
        try:
            if not await self._pulse.answers(wait=True):
                raise self._pulse.trouble or TimeoutError
            async with asyncio.timeout(_HEALTH_SECONDS):
                info, has_image = await self._engine.call(self._ask_health)
        except (BatchError, Refused, TimeoutError) as error:
            message = str(error) or f"the engine at {self._engine.address} does not answer in time"
            return ExecutorHealth(ok=False, isolated=isolated, message=message, facts=facts)
        image = self._settings.default_image
        facts |= {
            "image": image,
            "image_present": "yes" if has_image else f"no: {BUILD_HINT}",
            "cgroup_version": str(info.get("CgroupVersion", "1")),
            "storage_driver": str(info.get("Driver", "")),
            "live_restore": "yes" if info.get("LiveRestoreEnabled") else "no",
            "swarm": str(info.get("Swarm", {}).get("LocalNodeState", "")),
            "operating_system": str(info.get("OperatingSystem", "")),
            "cpus": str(info.get("NCPU", "")),
            "memory_bytes": str(info.get("MemTotal", "")),
        }
        version = str(info.get("ServerVersion", ""))
        return ExecutorHealth(
            ok=True,
            isolated=isolated,
            message=f"Docker {version} answers at {self._engine.address}",
            version=version,
            facts=facts,
        )

    def _ask_health(self, client: docker.APIClient) -> tuple[dict[str, Any], bool]:
        info = client.info()
        self._cpus = info.get("NCPU")
        return info, self._images.find(client, self._settings.default_image) is not None

    def resolve(self, environment: Environment) -> Environment:
        """Fills in the defaults and checks the limits."""
        named = replace(environment, executor=self.name)
        resolved = limits.resolve(named, self._settings, engine=self._engine.address)
        return self._within_engine(resolved)

    def _within_engine(self, environment: Environment) -> Environment:
        """Returns the environment with no more cpus by default than the engine has."""
        cpus = environment.cpus or 0.0
        if self._cpus is None or cpus <= self._cpus:
            return environment
        if cpus == self._settings.default_cpus:
            return replace(environment, cpus=float(self._cpus))
        raise InvalidInput(
            f"{cpus:g} cpus; the engine's machine has {self._cpus}", field="environment.cpus"
        )

    async def inspect(self, environment: Environment) -> ImageReport | None:
        """Returns what the image offers; starts a container of it only the first time."""
        image = environment.image_digest or environment.image or self._settings.default_image
        if not await self._pulse.answers():
            return None

        def ask(client: docker.APIClient) -> ImageFacts | None:
            found = self._images.find(client, image)
            return None if found is None else self._images.facts(client, found)

        try:
            with refusals(f"looking into image {image}"):
                async with self._preparing[image]:
                    facts = await self._engine.call(ask)
        except ImageUnusable:
            raise
        except ExecutorError as error:
            _log.warning("image %s cannot be inspected: %s", image, error)
            return None
        return None if facts is None else facts.report(image)

    async def prepare(self, environment: Environment, progress: ProgressCallback) -> Environment:
        """Makes sure that the image is present and can run notebooks."""
        image = environment.image or self._settings.default_image
        with refusals(f"preparing image {image}"):
            async with self._preparing[image]:  # once, however many runs wait for it
                if self._cpus is None:
                    self._cpus = (await self._engine.call(lambda client: client.info()))["NCPU"]
                environment = self._within_engine(environment)
                found = await self._get_image(image, progress)
                facts = await self._engine.call(lambda client: self._images.facts(client, found))
        facts.report(image)
        return replace(environment, image=image, image_digest=found)

    async def _get_image(self, image: str, progress: ProgressCallback) -> str:
        policy, is_default = self._settings.pull_policy, image == self._settings.default_image
        found = await self._engine.call(lambda client: self._images.find(client, image))
        if found is not None and (is_default or policy != "always"):
            return found
        if policy == "never":
            raise ImageNotFound(
                f"image {image} is not on the engine, and the settings forbid to fetch one; "
                f"{BUILD_HINT}",
                image=image,
            )
        if is_default:
            progress(f"image {image} is not there yet: building it (once)", None)
            return (await self._builder.build(tag=image, progress=progress)).id
        return await self._engine.call(lambda client: self._images.pull(client, image, progress))

    async def build_image(
        self,
        *,
        tag: str | None = None,
        base: str | None = None,
        requirements: Sequence[str] = (),
        built_for: str | None = None,
        progress: ProgressCallback,
    ) -> ImageReport:
        """Builds a job image; see Builder.build."""
        image = tag or self._settings.default_image
        with refusals(f"building image {image}"):
            async with self._preparing[image]:
                facts = await self._builder.build(
                    tag=image,
                    base=base,
                    requirements=requirements,
                    built_for=built_for,
                    progress=progress,
                )
        return facts.report(image)

    async def start(self, spec: AttemptSpec) -> AttemptHandle:
        """Creates the container, starts it and sends it runner and bundle."""
        with refusals(f"starting {spec.name}"):
            return await self._engine.call(lambda client: self._start(client, spec))

    def _start(self, client: docker.APIClient, spec: AttemptSpec) -> AttemptHandle:
        image = spec.environment.image or ""
        # A prepared image is not checked again; the engine reports if it was removed since.
        found = spec.environment.image_digest or self._images.find(client, image)
        if found is None:
            raise ImageNotFound(f"image {image} is not on the engine; {BUILD_HINT}", image=image)
        facts = self._images.facts(client, found)
        key = None if self._keys is None else self._keys.of(spec.run_id, spec.attempt_no)
        handle, is_begun = self._create(client, spec, facts)
        container_id = handle.container_id
        if is_begun:
            return handle
        try:
            if not facts.has_folders:
                client.put_archive(container_id, "/", tar_stream(containers.folders(facts)))
            with StdinFeed(client, container_id) as feed:
                client.start(container_id)
                # Not before: a container that an engine has forgotten, because it died in the
                # middle of a start, has then certainly not begun with anything.
                feed.send(self._runner, pack(spec.bundle, key, compress_frames=True))
        except Refused as error:
            # There is no handle yet, so only we can remove it.
            with contextlib.suppress(Refused):
                client.remove_container(container_id, force=True, v=True)
            raise _cannot_start(spec, error_text(error)) from error
        return handle

    def _create(
        self, client: docker.APIClient, spec: AttemptSpec, facts: ImageFacts
    ) -> tuple[AttemptHandle, bool]:
        """Returns the container, and whether it is one that has been started before."""
        is_signed = self._keys is not None
        arguments = containers.create_arguments(
            client,
            spec,
            facts,
            max_pids=self._settings.max_pids,
            max_log_bytes=sizes.max_engine_log(self._settings, spec.bundle),
            is_signed=is_signed,
        )
        try:
            made = client.create_container(**arguments)["Id"]
            return containers.handle(spec.run_id, spec.attempt_no, made, is_signed), False
        except Refused as error:
            if error.status_code != 409:
                raise _cannot_start(spec, error_text(error)) from error
        there = client.inspect_container(spec.name)
        if there["Config"]["Labels"].get(containers.STORE_LABEL) != spec.store_id:
            raise ExecutorError(f"another store has a container named {spec.name}")
        if there["State"]["Status"] == "created" or ended_without_bundle(there["State"]):
            # It has been handed nothing. Not used again: somebody else's start of it may be under
            # way, and a stdin that has had its one connection takes no other.
            with contextlib.suppress(Gone):
                client.remove_container(there["Id"], force=True, v=True)
            return self._create(client, spec, facts)
        is_signed = containers.SIGNED_LABEL in there["Config"]["Labels"]
        return containers.handle(spec.run_id, spec.attempt_no, there["Id"], is_signed), True

    async def follow(self, handle: AttemptHandle) -> AsyncIterator[Sequence[AnyFrame | LogLine]]:
        """Yields what the container has written, from the first byte to its end."""
        channel: Channel[AnyFrame | LogLine] = Channel()
        follower = LogFollower(
            self._engine,
            handle.container_id,
            channel,
            max_log_bytes=self._settings.max_output_bytes,
            key=self._key(handle),
            max_bytes=sizes.max_read(self._settings),
        )
        follower.start()
        try:
            async for batch in channel.batches():
                yield batch
        finally:
            follower.abort()
            await asyncio.shield(channel.finished())

    def _key(self, handle: AttemptHandle) -> bytes | None:
        if self._keys is None or not handle.is_signed:
            return None
        return self._keys.of(handle.run_id, handle.attempt_no)

    async def wait(self, handle: AttemptHandle) -> AttemptEnding:
        """Returns when the container has ended."""
        waiter = EndWaiter(self._engine, handle.container_id)
        try:
            return await waiter.ending()
        finally:
            waiter.abort()

    async def stop(self, handle: AttemptHandle, *, grace_seconds: float) -> None:
        """Sends SIGTERM, and SIGKILL after the grace, which the engine counts in whole seconds.

        Resumes a paused container first: the engine refuses to stop a paused one.
        """
        seconds = math.ceil(grace_seconds)

        def stop(client: docker.APIClient) -> None:
            try:
                # docker-py adds the grace to the time that it gives the request.
                client.stop(handle.container_id, timeout=seconds)
            except Refused:
                if not client.inspect_container(handle.container_id)["State"]["Paused"]:
                    raise
                client.unpause(handle.container_id)
                client.stop(handle.container_id, timeout=seconds)

        with refusals("stopping the container"), contextlib.suppress(Gone):
            await self._engine.call(stop)

    async def kept(self, handle: AttemptHandle, name: str) -> bytes | None:
        """Reads a file out of the container, running or not."""

        def read(client: docker.APIClient) -> bytes | None:
            path = f"{containers.KEPT_FOLDER}/{name}"
            with contextlib.suppress(Gone):
                pieces, _ = client.get_archive(handle.container_id, path)
                return first_file(pieces, MAX_KEPT_BYTES)
            return None

        with refusals("reading out of the container"):
            return await self._engine.call(read)

    async def remove(self, handle: AttemptHandle) -> None:
        """Removes the container and its anonymous volumes."""

        def remove(client: docker.APIClient) -> None:
            with contextlib.suppress(Gone):
                client.remove_container(handle.container_id, force=True, v=True)

        try:
            with refusals("removing the container"):
                await self._engine.call(remove)
        except ExecutorError as error:
            cause = error.__cause__
            if not isinstance(cause, Refused) or cause.status_code != 409:
                raise  # 409: its removal is under way already

    async def list(self, store_id: str) -> tuple[AttemptHandle, ...]:
        """Returns the attempts of a store that have a container, in whatever state.

        The caller is about to clean up, so old probes are removed, too.
        """
        filters = {"label": [f"{containers.STORE_LABEL}={store_id}"]}

        def ask(client: docker.APIClient) -> list[dict[str, Any]]:
            self._images.remove_old_probes(client)
            return list(client.containers(all=True, filters=filters))

        with refusals("listing the containers"):
            found = await self._engine.call(ask)
        return tuple(handle for item in found if (handle := containers.listed(item)) is not None)

    async def close(self) -> None:
        """Closes connections; containers run on."""
        await self._pulse.close()
        await asyncio.to_thread(self._engine.close)


def _cannot_start(spec: AttemptSpec, text: str) -> BatchError:
    """Returns the error of ours that fits the engine's error best."""
    image = spec.environment.image
    if "could not select device driver" in text:
        return ExecutorError(
            f"the engine offers no gpus ({text}); install the NVIDIA container toolkit there",
            field="environment.gpus",
        )
    if "bind source path does not exist" in text or "invalid mount config" in text:
        return InvalidInput(f"a volume cannot be mounted: {text}", field="environment.volumes")
    if "network" in text and "not found" in text:
        return InvalidInput(f"the engine has no such network: {text}", field="environment.network")
    if "No such image" in text:
        return ImageNotFound(f"image {image} is not on the engine; {BUILD_HINT}", image=image)
    if "OCI runtime" in text or "exec" in text:
        return ImageUnusable(f"image {image} does not start: {text}", image=image)
    return ExecutorError(f"the container cannot be started: {text}")
