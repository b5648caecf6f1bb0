"""Runs a command with a Docker engine: the one that answers, or else a private one.

    python .ci/engine.py [--optional] [--image] [--browser] COMMAND...

On Debian and Ubuntu, as root and with no engine answering, it installs Docker from the
distribution's packages and starts an engine of its own below the cache folder, whose images
stay for the next time; it stops that engine again when nobody uses it any more. Elsewhere it
says what to do, and runs the command only with ``--optional``, which then finds the obstacle
in ``JUPYTER_BATCH_NO_ENGINE``. With ``--image`` the job image is pulled or built first, with
``--browser`` Chromium is installed where it is not there, in the same way or not at all.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import docker

from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.settings import Settings
from jupyter_batch.errors import BatchError
from jupyter_batch.executors.docker import DockerExecutor
from jupyter_batch.executors.docker.connection import DockerConnection, find_address
from jupyter_batch.executors.image_build.wheels import cache_folder

CACHE = cache_folder() / "engine"
#: Sockets have short names; the cache folder may be deep.
STATE = Path("/run" if os.access("/run", os.W_OK) else tempfile.gettempdir()) / (
    "jupyter-batch-engine-" + hashlib.sha256(str(CACHE).encode()).hexdigest()[:10]
)
ADDRESS = f"unix://{STATE}/docker.sock"
#: Tried one after the other: what is not possible inside some containers is left out.
VARIANTS = ((), ("--iptables=false",), ("--storage-driver=vfs",))
READY_SECONDS = 60
#: Any of these drives the panel's tests.
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def say(text: str) -> None:
    """Tells on stderr."""
    sys.stderr.write(f"==> {text}\n")


def silence(address: str) -> str | None:
    """Returns why no engine answers there, or None."""
    engine = DockerConnection(address)
    try:
        engine.run(lambda client: client.ping())
    except BatchError as error:
        return error.message
    except docker.errors.APIError as error:
        return str(error)
    finally:
        engine.close()
    return None


def can_install() -> bool:
    """Says whether the distribution's packages can be installed here."""
    return sys.platform == "linux" and os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(*packages: str) -> bool:
    """Installs packages; says what went wrong and returns False where it fails."""
    say(f"installing {', '.join(packages)} from the distribution's packages")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages],
    ):
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, errors="replace", check=False
        )
    if done.returncode != 0:
        say(f"that failed: {done.stderr.strip()[-400:]}")
    return done.returncode == 0


@contextlib.contextmanager
def engine() -> Iterator[tuple[str, str | None]]:
    """Gives the address of an engine, and why it cannot be used, or None."""
    there = find_address()
    obstacle = silence(there)
    if obstacle and can_install():
        say(obstacle)
        if shutil.which("dockerd") is None and install("docker.io", "iptables"):
            obstacle = silence(there)  # the package may have started a service
    if obstacle and can_install():
        with private_engine() as started:
            yield ADDRESS, None if started else f"Docker does not start, see {STATE}/dockerd.log"
    else:
        yield there, obstacle


@contextlib.contextmanager
def private_engine() -> Iterator[bool]:
    """Has our own engine running, and stops it when nobody else uses it."""
    CACHE.mkdir(parents=True, exist_ok=True)
    STATE.mkdir(mode=0o700, exist_ok=True)
    with (STATE / "users").open("a") as users, (STATE / "changing").open("a") as changing:
        with locked(changing):
            fcntl.flock(users, fcntl.LOCK_SH)  # as long as this command runs
            started = silence(ADDRESS) is None or start()
        try:
            yield started
        finally:
            with locked(changing):
                fcntl.flock(users, fcntl.LOCK_UN)
                with contextlib.suppress(BlockingIOError):
                    fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    stop()


@contextlib.contextmanager
def locked(file: IO[str]) -> Iterator[None]:
    """Holds the file's lock alone."""
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def start() -> bool:
    """Starts our own engine and returns whether it answers."""
    if shutil.which("dockerd") is None:
        return False
    mount_cgroups()
    for variant in VARIANTS:
        say("starting a private Docker engine" + (f" ({' '.join(variant)})" if variant else ""))
        stop()
        command = ["dockerd", "--host", ADDRESS, "--pidfile", f"{STATE}/pid"]
        command += ["--data-root", str(CACHE), "--exec-root", str(STATE / "exec"), *variant]
        with (STATE / "dockerd.log").open("ab") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + READY_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            if silence(ADDRESS) is None:
                return True
            time.sleep(0.1)
        process.terminate()
        process.wait()
    return False


def mount_cgroups() -> None:
    """Mounts control groups where the machine has come up without."""
    mounts = Path("/proc/mounts").read_text().splitlines()
    if any(line.split()[2].startswith("cgroup") for line in mounts):
        return
    if shutil.which("cgroupfs-mount") or install("cgroupfs-mount"):
        subprocess.run(["cgroupfs-mount"], check=False)


def stop() -> None:
    """Stops our own engine, also one that an interrupted command has left behind."""
    try:
        pid = int((STATE / "pid").read_text())
        if "dockerd" not in Path(f"/proc/{pid}/cmdline").read_text():
            raise ProcessLookupError  # the number belongs to somebody else by now
        os.kill(pid, signal.SIGTERM)
        for _ in range(200):
            os.kill(pid, 0)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            time.sleep(0.1)
        os.kill(pid, signal.SIGKILL)
    except (OSError, ValueError):
        pass
    (STATE / "pid").unlink(missing_ok=True)


async def get_image(address: str) -> str | None:
    """Returns why there is no job image, or None."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=folder, root_dir=folder, docker_host=address)
        executor = DockerExecutor(settings, runner=b"")
        said = ""

        def progress(text: str, share: float | None) -> None:
            nonlocal said
            if text != said:
                said = text
                say(text)

        try:
            await executor.prepare(executor.resolve(Environment()), progress)
        except BatchError as error:
            return error.message
        finally:
            await executor.close()
    return None


def obstacle_to_image(address: str) -> str | None:
    """Returns why there is no job image, or None; installs what building one takes."""
    obstacle = asyncio.run(get_image(address))
    if obstacle and can_install() and not shutil.which("mmdebstrap") and install("mmdebstrap"):
        obstacle = asyncio.run(get_image(address))
    return obstacle


def get_browser() -> None:
    """Installs Chromium where there is no browser; the tests say what to do without one."""
    if any(map(shutil.which, BROWSERS)) or not can_install():
        return
    install("chromium", "fonts-dejavu-core")


def main(arguments: list[str]) -> int:
    """Runs the command and returns its exit code."""
    options = set(itertools.takewhile(lambda one: one.startswith("--"), arguments))
    command = arguments[len(options) :]
    if "--browser" in options:
        get_browser()
    with engine() as (address, obstacle):
        if not obstacle:
            say(f"using the Docker engine at {address}")
            os.environ["DOCKER_HOST"] = address
            if "--image" in options:
                obstacle = obstacle_to_image(address)
        if obstacle:
            say(obstacle)
            if "--optional" not in options:
                return 1
            os.environ["JUPYTER_BATCH_NO_ENGINE"] = obstacle
        return run(command)


def run(command: list[str]) -> int:
    """Runs the command to its end; what interrupts us from the terminal reaches it as well."""
    with subprocess.Popen(command) as process:
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
