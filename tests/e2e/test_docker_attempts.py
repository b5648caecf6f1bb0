"""Attempts in real containers: their ends, their logs, and an engine that fails."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.frames import Finished, Heartbeat
from jupyter_batch.domain.recording import LogLine
from jupyter_batch.errors import (
    AttemptGone,
    EngineUnavailable,
    ExecutorError,
    ImageNotFound,
    ImageUnusable,
)
from jupyter_batch.executors.docker import containers
from jupyter_batch.executors.docker.connection import REQUEST_SECONDS
from jupyter_batch.executors.docker.stdin_feed import StdinFeed
from tests.e2e.relay import Relay

pytestmark = pytest.mark.docker


async def until(kit, handle, kind: type) -> None:
    """Reads until there is a frame of the kind, and leaves."""
    async for batch in kit.executor.follow(handle):
        if any(isinstance(item, kind) for item in batch):
            return


async def test_a_container_out_of_memory_says_so(kit):
    handle = await kit.start(
        "x = bytearray(512 * 2**20)", Environment(network="none", memory_bytes=64 * 2**20)
    )
    ending = await kit.executor.wait(handle)
    assert ending.oom_killed
    assert ending.exit_code == 137


async def test_an_exit_code_is_told_as_it_is(kit):
    ending = await kit.executor.wait(await kit.start("raise SystemExit(70)"))
    assert (ending.exit_code, ending.oom_killed, ending.error) == (70, False, None)


async def test_what_ignores_sigterm_is_killed_after_the_grace(kit):
    handle = await kit.start(
        "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nbeat()\ntime.sleep(600)"
    )
    await until(kit, handle, Heartbeat)
    await kit.executor.stop(handle, grace_seconds=0.5)
    assert (await kit.executor.wait(handle)).exit_code == 137


async def test_sigterm_reaches_the_program_through_the_init(kit):
    # Not a handler and a long sleep: a signal that comes just before the sleep does not end it.
    handle = await kit.start(
        "import signal, sys\nsignal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})\n"
        "beat()\nsignal.sigwait({signal.SIGTERM})\nsys.exit(42)"
    )
    await until(kit, handle, Heartbeat)
    await kit.executor.stop(handle, grace_seconds=30)
    assert (await kit.executor.wait(handle)).exit_code == 42


async def test_no_line_is_lost_however_fast_the_container_ends(kit):
    """The engine's follow sometimes ends before its log does; seen once in 40 containers."""
    code = "import sys\nfor n in range(400): beat(); print(n, file=sys.stderr)\nfinish()"
    handles = [await kit.start(code) for _ in range(6)]
    for frames, lines in await asyncio.gather(*(kit.read(handle) for handle in handles)):
        assert [frame.seq for frame in frames] == list(range(1, 402))
        assert isinstance(frames[-1], Finished)
        assert lines == [str(n) for n in range(400)]


async def test_a_program_that_prints_no_frames_has_it_all_in_its_log(kit):
    frames, lines = await kit.read(
        await kit.start(
            "import sys\nprint('no frame')\nprint('x' * 200_000)\nbeat()\nprint('end', end='')"
        )
    )
    assert [frame.seq for frame in frames] == [1]
    assert lines[0].endswith("no frame")
    assert sum(line.count("x") for line in lines[1:-1]) == 200_000
    assert lines[-1].endswith("end")


async def test_large_frames_come_whole(kit):
    code = "for n in range(40): emit('document', name='skeleton', body='é' * 60_000, more=True)\nfinish()"
    frames, lines = await kit.read(await kit.start(code))
    assert lines == []
    assert {len(frame.body) for frame in frames[:-1]} == {60_000}
    assert len(frames) == 41


async def test_twenty_attempts_at_once_are_followed_and_waited_for(kit):
    spec_by_number = [await kit.spec(f"beat()\nfinish()\nraise SystemExit({n})") for n in range(20)]
    handles = await asyncio.gather(*(kit.executor.start(spec) for spec in spec_by_number))
    endings = asyncio.gather(*(kit.executor.wait(handle) for handle in handles))
    told = await asyncio.gather(*(kit.read(handle) for handle in handles))
    assert [ending.exit_code for ending in await endings] == list(range(20))
    assert all(len(frames) == 2 for frames, _ in told)


async def test_a_crash_between_create_and_start_is_made_good(kit, client):
    spec = await kit.spec("finish()")
    facts = kit.executor._images.facts(client, spec.environment.image_digest)
    arguments = containers.create_arguments(
        client, spec, facts, max_pids=100, max_log_bytes=10**9, is_signed=False
    )
    created = client.create_container(**arguments)["Id"]
    (found,) = await kit.executor.list(kit.store_id)
    assert await kit.read(found) == ([], [])
    ending = await kit.executor.wait(found)
    assert ending.exit_code is None
    assert "never started" in (ending.error or "")
    handle = await kit.executor.start(spec)
    assert handle.container_id != created
    assert await kit.executor.list(kit.store_id) == (handle,)
    frames, _ = await kit.read(handle)
    assert isinstance(frames[-1], Finished)


@pytest.mark.parametrize("handed", [b"", (10).to_bytes(8, "big") + b"cut"])
async def test_an_attempt_whose_server_died_while_handing_it_over_starts_anew(kit, client, handed):
    spec = await kit.spec("finish()")
    facts = kit.executor._images.facts(client, spec.environment.image_digest)
    arguments = containers.create_arguments(
        client, spec, facts, max_pids=100, max_log_bytes=10**9, is_signed=False
    )
    created = client.create_container(**arguments)["Id"]
    with StdinFeed(client, created) as feed:
        client.start(created)
        feed._socket.sendall(handed)
    (found,) = await kit.executor.list(kit.store_id)
    assert await kit.read(found) == ([], [])
    ending = await kit.executor.wait(found)
    assert (ending.exit_code, ending.never_started) == (66, True)
    handle = await kit.executor.start(spec)
    assert handle.container_id != created
    frames, _ = await kit.read(handle)
    assert isinstance(frames[-1], Finished)
    assert len(await kit.executor.list(kit.store_id)) == 1


async def test_what_a_dying_container_does_not_take_is_not_waited_for(kit, client):
    """Its engine keeps the connection, and would leave whoever writes to it waiting."""
    spec = await kit.spec("finish()")
    facts = kit.executor._images.facts(client, spec.environment.image_digest)
    arguments = containers.create_arguments(
        client, spec, facts, max_pids=100, max_log_bytes=10**9, is_signed=False
    )
    created = client.create_container(**{**arguments, "entrypoint": ["sleep"], "command": ["0.3"]})[
        "Id"
    ]
    start = time.monotonic()
    with StdinFeed(client, created) as feed:
        client.start(created)
        feed.send(bytes(4_000_000), [])
    assert client.inspect_container(created)["State"]["Status"] == "exited"
    assert time.monotonic() - start < REQUEST_SECONDS / 2


async def test_an_image_that_was_not_built_by_us_gets_the_folders_it_lacks(kit):
    await kit.build_derived(
        "FROM @JOB@\nUSER root\nRUN rm -r /jupyter-batch\nUSER 1234\n", "bare:test"
    )
    handle = await kit.start(
        "import os, sys\nopen('note', 'w').write('x')\n"
        "print(os.getcwd(), os.getuid(), os.listdir(), file=sys.stderr)\nfinish()",
        Environment(image="bare:test", network="none"),
    )
    frames, lines = await kit.read(handle)
    assert isinstance(frames[-1], Finished)
    assert lines == ["/jupyter-batch/work 1234 ['note']"]


async def test_a_container_that_is_paused_is_stopped(kit, client):
    handle = await kit.start("beat()\nimport time; time.sleep(60)")
    client.pause(handle.container_id)
    await kit.executor.stop(handle, grace_seconds=0)
    # By SIGKILL, or by the SIGTERM before it, which has waited until it was let go.
    assert (await kit.executor.wait(handle)).exit_code in (137, 143)


async def test_a_container_that_is_taken_away_is_gone(kit, client):
    handle = await kit.start("beat()\nimport time\ntime.sleep(600)")
    waiting = asyncio.create_task(kit.executor.wait(handle))

    async def read_and_take_away() -> None:
        async for batch in kit.executor.follow(handle):
            if any(isinstance(item, Heartbeat) for item in batch):
                client.remove_container(handle.container_id, force=True)

    with pytest.raises(AttemptGone):
        await read_and_take_away()
    # Whoever waits may still hear how it was killed on the way out.
    outcome: Any = (await asyncio.gather(waiting, return_exceptions=True))[0]
    assert isinstance(outcome, AttemptGone) or outcome.exit_code == 137


async def test_gpus_that_the_engine_does_not_offer_are_told_with_what_to_do(kit, client):
    if "nvidia" in client.info()["Runtimes"]:
        pytest.skip("this engine offers gpus")
    with pytest.raises(ExecutorError, match=r"offers no gpus .* NVIDIA container toolkit") as told:
        await kit.start("finish()", Environment(gpus=1, network="none"))
    assert told.value.details["field"] == "environment.gpus"
    assert await kit.executor.list(kit.store_id) == ()


async def test_an_absent_image_is_told_with_what_to_do(kit):
    with pytest.raises(ImageNotFound, match="jupyter batch image build"):
        await kit.start("pass", Environment(image="no-such-image-anywhere:1"))
    never = kit.with_settings(pull_policy="never")
    with pytest.raises(ImageNotFound, match="settings"):
        await never.start("pass", Environment(image="no-such-image-anywhere:1"))
    assert await kit.executor.inspect(Environment(image="no-such-image-anywhere:1")) is None


async def test_an_image_without_papermill_says_what_is_missing(kit):
    await kit.build_derived("FROM @JOB@\nENV PATH=/usr/bin:/bin\n", "no-papermill:test")
    environment = Environment(image="no-papermill:test")
    with pytest.raises(ImageUnusable, match="no papermill"):
        await kit.executor.inspect(environment)
    with pytest.raises(ImageUnusable, match="no papermill"):
        await kit.start("pass", environment)


async def test_an_image_without_python_does_not_start(kit):
    await kit.build_derived("FROM @JOB@\nENV PATH=/nowhere\n", "no-python:test")
    with pytest.raises(ImageUnusable, match="does not start"):
        await kit.start("pass", Environment(image="no-python:test"))


async def test_what_an_image_offers_is_remembered_on_disk(kit):
    environment = (await kit.spec("pass")).environment
    cache = Path(kit.settings.data_dir) / "cache" / "images.json"
    assert environment.image_digest in json.loads(cache.read_text())
    cache.write_text(cache.read_text().replace('"papermill":"', '"papermill":"from-the-cache-'))
    report = await kit.with_settings().executor.inspect(environment)
    assert report is not None
    assert report.papermill.startswith("from-the-cache-")


@asynccontextmanager
async def proxied(folder: Path) -> AsyncIterator[tuple[str, asyncio.Event]]:
    """An address that leads to the engine until the event is set."""
    cut, relay = asyncio.Event(), Relay()
    path = folder / "proxy.sock"
    server = await asyncio.start_unix_server(relay.serve, path)

    async def cut_off() -> None:
        await cut.wait()
        server.close()
        os.unlink(path)
        await relay.cut()

    cutting = asyncio.create_task(cut_off())
    yield f"unix://{path}", cut
    cut.set()
    await cutting


async def test_an_engine_that_goes_away_is_told_and_what_came_before_is_kept(kit, tmp_path):
    async with proxied(tmp_path) as (address, cut):
        far = kit.with_settings(docker_host=address)
        handle = await far.start("beat()\nimport time\ntime.sleep(600)")
        waiting = asyncio.create_task(far.executor.wait(handle))
        seen: list[object] = []

        async def read_and_cut() -> None:
            async for batch in far.executor.follow(handle):
                seen.extend(batch)
                cut.set()

        with pytest.raises(EngineUnavailable):
            await read_and_cut()
        with pytest.raises(EngineUnavailable):
            await waiting
        assert [type(item) for item in seen] == [Heartbeat]
        health = await far.executor.health()
        assert not health.ok
        assert address in health.message


async def test_nothing_at_the_address_is_an_engine_that_cannot_be_had(kit, tmp_path):
    nowhere = kit.with_settings(docker_host=f"unix://{tmp_path}/nothing.sock")
    environment = nowhere.executor.resolve(Environment())
    with pytest.raises(EngineUnavailable, match="DOCKER_HOST"):
        await nowhere.executor.prepare(environment, lambda text, share: None)
    assert await nowhere.executor.inspect(environment) is None


async def test_leaving_the_log_leaves_the_attempt_running(kit):
    handle = await kit.start("beat()\nimport time\ntime.sleep(600)")
    await until(kit, handle, Heartbeat)
    items: list[Heartbeat | LogLine] = []
    async for batch in kit.executor.follow(handle):
        items += batch
        break
    assert isinstance(items[0], Heartbeat)
    await kit.executor.stop(handle, grace_seconds=5)
