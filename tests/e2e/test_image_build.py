"""Building job images with a real engine."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from jupyter_batch.domain.environment import Environment
from jupyter_batch.errors import ExecutorError, ImageNotFound, ImageUnusable

pytestmark = pytest.mark.docker


class Progress:
    """Keeps what was told."""

    def __init__(self) -> None:
        self.sentences: list[str] = []
        self.shares: list[float] = []

    def __call__(self, sentence: str, share: float | None) -> None:
        self.sentences.append(sentence)
        if share is not None:
            self.shares.append(share)


async def test_requirements_are_installed_beside_papermill_and_a_kernel(kit):
    kit.tags.add("with-requirements:test")
    progress = Progress()
    report = await kit.executor.build_image(
        tag="with-requirements:test",
        base=kit.settings.default_image,
        requirements=("tomli==2.0.1", "# a comment"),
        progress=progress,
    )
    assert report.kernels["python3"] == "python"
    assert report.papermill
    assert any("step" in sentence for sentence in progress.sentences)
    assert progress.shares == sorted(progress.shares)
    handle = await kit.start(
        "import sys, tomli\nprint(tomli.__name__, file=sys.stderr)",
        Environment(image="with-requirements:test", network="none"),
    )
    assert (await kit.read(handle))[1] == ["tomli"]


async def test_a_second_build_of_the_same_is_the_same_image(kit):
    kit.tags.add("twice:test")
    first = await kit.executor.build_image(
        tag="twice:test", base=kit.settings.default_image, progress=Progress()
    )
    again = await kit.executor.build_image(
        tag="twice:test", base=kit.settings.default_image, progress=Progress()
    )
    assert first == again


async def test_another_python_than_the_environment_s_is_said(kit):
    kit.tags.add("other-python:test")
    progress = Progress()
    await kit.executor.build_image(
        tag="other-python:test",
        base=kit.settings.default_image,
        built_for="3.99",
        progress=progress,
    )
    assert any("your environment 3.99" in sentence for sentence in progress.sentences)


async def test_a_package_that_does_not_exist_fails_with_its_name(kit):
    with pytest.raises(ExecutorError, match="tomli"):
        await kit.executor.build_image(
            tag="impossible:test",
            base=kit.settings.default_image,
            requirements=("tomli==0.0.0.1",),
            progress=Progress(),
        )


async def test_a_base_that_nobody_has_is_told(kit):
    with pytest.raises(ImageNotFound, match="no-such-base"):
        await kit.executor.build_image(
            tag="impossible:test", base="no-such-base-anywhere:1", progress=Progress()
        )


async def test_a_base_without_python_is_told(kit):
    await kit.build_derived("FROM @JOB@\nENV PATH=/nowhere\n", "no-python-base:test")
    with pytest.raises(ImageUnusable, match="Python does not start"):
        await kit.executor.build_image(
            tag="impossible:test", base="no-python-base:test", progress=Progress()
        )


async def test_the_default_image_is_built_with_progress_when_it_is_absent(kit, client):
    tag = "absent-default:test"
    other = kit.with_settings(default_image=tag)
    progress = Progress()
    environment = other.executor.resolve(Environment())
    prepared = await other.executor.prepare(environment, progress)
    try:
        assert prepared.image_digest == client.inspect_image(tag)["Id"]
        assert "is not there yet" in progress.sentences[0]
        assert await other.executor.prepare(environment, Progress()) == prepared
        never = kit.with_settings(default_image="absent-too:test", pull_policy="never")
        with pytest.raises(ImageNotFound):
            await never.executor.prepare(replace(environment, image="absent-too:test"), Progress())
    finally:
        client.remove_image(tag, noprune=True)
