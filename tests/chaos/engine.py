"""A Docker engine of the test's own, which may be killed."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import docker
import psutil

from jupyter_batch.executors.docker.containers import RUN_LABEL
from tests.chaos.mix import COUNT
from tests.chaos.side import awaited

IMAGE = "jupyter-batch-job:latest"
_READY_SECONDS = 90.0
_TRIES = 3
#: Tried one after the other: what is not possible inside some containers is left out.
_DRIVERS = ((), ("--storage-driver=vfs",))


def obstacle() -> str | None:
    """Returns why no engine of our own can be started here, or None."""
    if shutil.which("dockerd") is None:
        return "dockerd is not installed"
    if os.geteuid() != 0:
        return "an engine of the test's own needs root"
    return None


class OwnEngine:
    """A dockerd with folders, socket and containerd of its own; the job image is copied into it.

    Without ``live_restore``, as is the default, Docker stops the containers that an engine has
    left running when the next one starts; with it, they are followed further.
    """

    kinds: tuple[str, ...] = ("owner", "runner", "kernel", "container", "engine", "restart")

    def __init__(self, *, live_restore: bool = False) -> None:
        # Sockets have short names.
        self.folder = Path(tempfile.mkdtemp(prefix="jbc", dir="/run"))
        self._disk = Path(tempfile.mkdtemp(prefix="jb-chaos-engine-"))
        self.address = f"unix://{self.folder}/docker.sock"
        self._options = ["--live-restore"] if live_restore else []
        self._driver: tuple[str, ...] = ()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def settings(self) -> Mapping[str, Any]:
        """Of servers that use it."""
        return {"docker_host": self.address, "default_network": "none"}

    def options(self, count: Path) -> Mapping[str, Any]:
        """Returns what runs need that count in a folder, which the servers have to allow."""
        return {"network": "none", "volumes": [f"{count}:{COUNT}:rw"]}

    def start(self) -> None:
        """Starts it, and returns when it answers."""
        # As systemd does, one that does not come up after a kill is started again.
        drivers = _DRIVERS if self._process is None else (self._driver,) * _TRIES
        for driver in drivers:
            self._driver = driver
            if self._start(driver):
                return
        raise RuntimeError(f"no engine: {(self.folder / 'log').read_text()[-3000:]}")

    def _start(self, driver: tuple[str, ...]) -> bool:
        # In a network namespace of its own: with --bridge=none dockerd REMOVES docker0 of its
        # namespace, which took the bridge away from the engine that everybody else uses.
        command = [
            "unshare",
            "--net",
            "dockerd",
            "--host",
            self.address,
            "--pidfile",
            str(self.folder / "pid"),
        ]
        command += ["--data-root", str(self._disk), "--exec-root", str(self.folder / "exec")]
        command += ["--bridge=none", "--iptables=false", "--ip-forward=false", *self._options]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *driver],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + _READY_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            if self._answers():
                return True
            time.sleep(0.05)
        self._process.kill()
        self._process.wait()
        return False

    def _answers(self) -> bool:
        # Not docker-py, which leaves its socket open where nobody answers.
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line,
        ):
            line.settimeout(5)
            line.connect(self.address.removeprefix("unix://"))
            line.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b" 200 " in line.recv(64)
        return False

    def kill(self) -> None:
        """SIGKILL; what its containers do then is up to the engine that comes after it."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        # Its containerd follows a moment later; a new engine would take it for alive.
        with contextlib.suppress(OSError, ValueError, psutil.Error):
            pid = int((self.folder / "exec/containerd/containerd.pid").read_text())
            psutil.Process(pid).wait(10)

    @contextlib.contextmanager
    def client(self) -> Any:
        """Gives a client of it."""
        made = docker.APIClient(base_url=self.address, version="auto", timeout=60)
        try:
            yield made
        finally:
            made.close()

    def end_one(self, chance: random.Random) -> str | None:
        """Kills or removes a container; returns the id of its run, None where there is none."""

        def find() -> str | None:
            with self.client() as client:
                found = _target(client, chance)
                if found is None:
                    return None
                with contextlib.suppress(docker.errors.APIError):
                    if chance.random() < 0.5:
                        client.kill(found["Id"])
                    else:
                        client.remove_container(found["Id"], force=True)
                return str(found["Labels"][RUN_LABEL])

        return awaited(find)

    def kill_in_one(self, chance: random.Random, mark: str) -> str | None:
        """Kills a process of some container that has a mark in its command; returns the run."""

        def find() -> str | None:
            with self.client() as client:
                found = _target(client, chance)
                pid = None if found is None else _process(client, found["Id"], mark)
                if found is None or pid is None:
                    return None
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                return str(found["Labels"][RUN_LABEL])

        return awaited(find)

    def left(self) -> list[str]:
        """Returns the containers that there are, in words."""
        with self.client() as client:
            found = client.containers(all=True)
        return [f"{one['Names'][0]} is left, {one['Status']}" for one in found]

    def copy_image(self, source: str) -> None:
        """Copies the job image from another engine."""
        theirs = docker.APIClient(base_url=source, version="auto", timeout=600)
        try:
            with self.client() as ours:
                ours.timeout = 600
                ours.load_image(theirs.get_image(IMAGE))
                assert ours.images(IMAGE), "the image has not come over"
        finally:
            theirs.close()

    def close(self) -> None:
        """Removes its containers, kills it, and removes its folders."""
        if self._process is not None:
            with contextlib.suppress(docker.errors.DockerException, OSError), self.client() as ours:
                for item in ours.containers(all=True):
                    ours.remove_container(item["Id"], force=True)
            self.kill()
        self._end_shims()
        self._unmount()
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.rmtree(self._disk, ignore_errors=True)

    def _end_shims(self) -> None:
        """Ends what carries our folder in its command: nobody else's does."""
        for process in psutil.process_iter(["cmdline"]):
            if any(str(self.folder) in part for part in process.info["cmdline"] or ()):
                with contextlib.suppress(psutil.Error):
                    process.send_signal(signal.SIGKILL)

    def _unmount(self) -> None:
        mounts = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
        for mount in reversed(mounts):
            if mount.startswith((str(self.folder), str(self._disk))):
                subprocess.run(["umount", "-l", mount], check=False, capture_output=True)


def _target(client: docker.APIClient, chance: random.Random) -> dict[str, Any] | None:
    found = client.containers(filters={"label": [RUN_LABEL]})
    return dict(chance.choice(sorted(found, key=lambda one: one["Id"]))) if found else None


def _process(client: docker.APIClient, container_id: str, mark: str) -> int | None:
    """Returns the number of a container's process on this machine; the init is none of them."""
    try:
        listed = client.top(container_id, ps_args="-o pid,args")["Processes"]
    except docker.errors.APIError:
        return None
    for pid, arguments in listed or ():
        if mark in arguments and "docker-init" not in arguments:
            return int(pid)
    return None
