"""Endings that only a container has."""

from __future__ import annotations

import contextlib
from typing import Any

import docker
import pytest

from jupyter_batch.domain.run import RunState
from jupyter_batch.executors.docker.connection import find_address

pytestmark = pytest.mark.docker


def test_out_of_memory_names_the_limit_and_the_cell(in_docker):
    run = in_docker.run("print('before')", "x = bytearray(2**30)", memory="200m")
    assert run.state is RunState.FAILED
    assert run.error.cell_index == 1
    assert "memory" in run.reason
    assert "200 MiB" in run.reason
    assert [cell.state for cell in run.cells()] == ["succeeded", "failed"]


def test_an_image_that_does_not_exist_is_named(in_docker):
    run = in_docker.run("1", image="no-such-image-anywhere:1")
    assert run.state is RunState.FAILED
    assert "no-such-image-anywhere:1" in run.reason
    assert run.finished_at is not None


def test_a_full_disk_is_named(in_docker):
    run = in_docker.run(
        "print('before')",
        "with open('/dev/shm/big', 'wb') as f:\n    for _ in range(700):\n        f.write(bytes(2**20))",
        memory="1g",
    )
    assert run.state is RunState.FAILED
    assert run.error.cell_index == 1
    assert "No space left" in run.reason or "disk" in run.reason


@pytest.fixture
def engine():
    client = docker.DockerClient(base_url=find_address())
    yield client
    client.close()


def containers_of(engine, run) -> list[Any]:
    found: list[Any] = engine.containers.list(all=True, filters={"name": f"jb-{run.id}"})
    return found


def wait_until_it_prints(run) -> None:
    for event in run.follow():
        if event.kind == "output":
            return


WAITS = "import time\nprint('here', flush=True)\ntime.sleep(600)"


def test_a_container_that_is_taken_away_is_a_loss_with_what_there_was(in_docker, engine):
    run = in_docker.submit("x = 1", WAITS)
    wait_until_it_prints(run)
    (container,) = containers_of(engine, run)
    container.remove(force=True)
    run = run.wait(timeout=120)
    assert run.state is RunState.LOST
    assert "in cell 2 of 2" in run.reason
    assert run.notebook().cells[1].outputs[0].text == "here\n"


def test_a_container_that_is_killed_is_a_loss_with_its_exit_code(in_docker, engine):
    run = in_docker.submit(WAITS)
    wait_until_it_prints(run)
    (container,) = containers_of(engine, run)
    container.kill()
    run = run.wait(timeout=120)
    assert run.state is RunState.LOST
    assert run.attempts[0].exit_code == 137


def test_a_container_has_no_privileges_and_nothing_of_the_server(in_docker, engine):
    run = in_docker.submit(WAITS, secrets=["TOKEN"])
    wait_until_it_prints(run)
    (container,) = containers_of(engine, run)
    told = str(container.attrs)
    run.cancel()
    host = container.attrs["HostConfig"]
    assert host["CapDrop"] == ["ALL"]
    assert "no-new-privileges" in " ".join(host["SecurityOpt"])
    assert host["Init"] is True
    assert not host["Binds"]
    assert container.attrs["Mounts"] == []
    assert host["PidsLimit"] > 0
    assert host["Memory"] > 0
    assert container.attrs["Config"]["User"] not in ("", "0", "root")
    assert "open-sesame" not in told
    assert run.wait(timeout=120).state is RunState.CANCELLED


def test_no_container_is_left_when_a_run_is_over(in_docker, engine):
    run = in_docker.run("1")
    assert run.state is RunState.SUCCEEDED
    for container in containers_of(engine, run):
        with contextlib.suppress(docker.errors.NotFound):
            container.wait(condition="removed", timeout=60)
    assert containers_of(engine, run) == []
