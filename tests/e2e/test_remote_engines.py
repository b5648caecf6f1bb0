"""Engines that are not on a socket of this machine: over TLS, and over ssh."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.frames import Finished
from jupyter_batch.domain.notebook import FrozenFile
from jupyter_batch.executors.docker.connection import find_address
from tests.e2e.relay import Relay

pytestmark = pytest.mark.docker

#: Larger than every buffer on the way.
LARGE = bytes(range(256)) * 16384
CODE = """
import hashlib, sys
print(hashlib.sha256(parts["files/large"]).hexdigest(), file=sys.stderr)
finish()
"""
#: In place of ssh: what `docker system dial-stdio` does on the far machine.
SSH = """#!{python}
import socket, sys, threading
engine = socket.socket(socket.AF_UNIX)
engine.connect({path!r})
def send():
    while data := sys.stdin.buffer.read1(65536):
        engine.sendall(data)
    engine.shutdown(socket.SHUT_WR)
threading.Thread(target=send, daemon=True).start()
while data := engine.recv(65536):
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()
"""


async def runs_a_notebook(kit) -> None:
    """Starts an attempt with a large file, follows it, stops and removes another."""
    files = (FrozenFile(path="large", content=LARGE),)
    handle = await kit.start(CODE, Environment(network="none"), files=files)
    frames, lines = await kit.read(handle)
    assert isinstance(frames[-1], Finished)
    assert lines == [hashlib.sha256(LARGE).hexdigest()]
    assert (await kit.executor.wait(handle)).exit_code == 0
    other = await kit.start("beat()\nimport time; time.sleep(600)")
    async for _ in kit.executor.follow(other):
        break
    await kit.executor.stop(other, grace_seconds=0)
    await kit.executor.remove(other)


def make_certificate(folder: Path) -> None:
    """Writes a certificate that is its own authority, for both sides, as Docker names the files."""
    names = "subjectAltName=DNS:localhost,IP:127.0.0.1"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-addext", names]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(command, check=True, capture_output=True)
    (folder / "ca.pem").write_bytes((folder / "cert.pem").read_bytes())


@asynccontextmanager
async def over_tls(folder: Path) -> AsyncIterator[str]:
    """An address that leads to the engine, for who has the certificate in the folder."""
    await asyncio.to_thread(make_certificate, folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=folder / "ca.pem")
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    relay = Relay()
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0, ssl=context)
    try:
        yield f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await relay.cut()


async def test_an_engine_over_tls_is_handed_what_it_needs(kit, tmp_path, monkeypatch):
    async with over_tls(tmp_path) as address:
        monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
        monkeypatch.setenv("DOCKER_CERT_PATH", str(tmp_path))
        far = kit.with_settings(docker_host=address)
        await runs_a_notebook(far)
        await far.executor.close()


async def test_an_engine_over_ssh_is_handed_what_it_needs(kit, tmp_path, monkeypatch):
    ssh = tmp_path / "ssh"
    ssh.write_text(SSH.format(python=sys.executable, path=find_address().removeprefix("unix://")))
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    await runs_a_notebook(kit.with_settings(docker_host="ssh://batch@far.example"))
