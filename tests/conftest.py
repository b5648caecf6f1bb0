"""Fixtures of all tests: the engine, the job image, and the reason for a skip without them."""

from __future__ import annotations

import asyncio
import functools
import os
from pathlib import Path

import hypothesis
import pytest

from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.settings import Settings
from jupyter_batch.errors import BatchError
from jupyter_batch.executors.docker import DockerExecutor

# A slow machine is no fault of what is tested.
hypothesis.settings.register_profile("patient", hypothesis.settings(), deadline=None)
hypothesis.settings.load_profile("patient")

IN_CI = os.environ.get("CI", "").lower() == "true"


@functools.cache
def _obstacle() -> str | None:
    """Returns why tests with containers cannot run here, or None; gets the job image."""
    if told := os.environ.get("JUPYTER_BATCH_NO_ENGINE"):
        return told
    return asyncio.run(_get_image())


async def _get_image() -> str | None:
    executor = DockerExecutor(Settings(data_dir=os.devnull, root_dir=os.devnull), runner=b"")
    try:
        await executor.prepare(executor.resolve(Environment()), lambda text, share: None)
    except BatchError as error:
        return error.message
    finally:
        await executor.close()
    return None


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("docker") is None:
        return
    obstacle = _obstacle()
    if obstacle and IN_CI:
        pytest.fail(f"needs Docker, and CI=true allows no skip: {obstacle}", pytrace=False)
    if obstacle:
        pytest.skip(f"needs Docker: {obstacle} (`make test` gets both where it can)")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of a store and a root of the test's own."""
    root = tmp_path / "root"
    root.mkdir()
    return Settings(data_dir=str(tmp_path / "data"), root_dir=str(root), grace_seconds=2.0)
