"""Defaults and limits of a container's environment."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from jupyter_batch.domain.environment import Environment, Volume
from jupyter_batch.domain.settings import Settings
from jupyter_batch.errors import BatchError, InvalidInput, NotAllowed
from jupyter_batch.executors.limits import resolve

SETTINGS = Settings(
    data_dir="/data",
    root_dir="/root",
    allowed_volumes=("/srv/data/*", "/var/run", "/*.sock", "cache-*"),
)


def check(settings: Settings = SETTINGS, **fields: Any) -> Environment:
    return resolve(Environment(**fields), settings, engine="unix:///tmp/engine/docker.sock")


def refused(settings: Settings = SETTINGS, **fields: Any) -> tuple[type[BatchError], str]:
    with pytest.raises(BatchError) as caught:
        check(settings, **fields)
    return type(caught.value), caught.value.details["field"]


def mounting(source: str, target: str = "/mnt/data") -> dict[str, Any]:
    return {"volumes": (Volume(source=source, target=target),)}


def test_nothing_is_left_open():
    environment = check()
    assert environment == Environment(
        image=SETTINGS.default_image,
        cpus=2.0,
        memory_bytes=SETTINGS.default_memory_bytes,
        network="bridge",
    )


@pytest.mark.parametrize(
    "image",
    [
        "python",
        "python:3.11-slim",
        "quay.io/jupyter/scipy-notebook:2025-01-01",
        "localhost:5000/a/b_c.d--e:T_ag",
        "a@sha256:" + "0" * 64,
        "sha256:" + "0" * 64,
    ],
)
def test_names_of_images_are_taken(image: str):
    assert check(image=image).image == image


@pytest.mark.parametrize(
    "image", ["Python", "a b", "a:", ":a", "../x", "-x", "a//b", "x" * 600, "a\n"]
)
def test_what_is_no_name_of_an_image_is_refused(image: str):
    assert refused(image=image) == (InvalidInput, "environment.image")


def test_only_allowed_images_and_the_default_one_can_be_named():
    settings = replace(SETTINGS, allowed_images=("good/*",))
    assert check(settings).image == SETTINGS.default_image
    assert check(settings, image="good/one:1").image == "good/one:1"
    assert refused(settings, image="bad/one") == (NotAllowed, "environment.image")


@pytest.mark.parametrize("cpus", [0.0, -1.0, 0.001, float("nan"), float("inf")])
def test_impossible_cpus_are_refused(cpus: float):
    assert refused(cpus=cpus) == (InvalidInput, "environment.cpus")


@pytest.mark.parametrize("memory", [0, -1, 1024])
def test_impossible_memory_is_refused(memory: int):
    assert refused(memory_bytes=memory) == (InvalidInput, "environment.memory_bytes")


def test_more_than_the_settings_give_is_not_allowed():
    settings = replace(SETTINGS, max_cpus=2.0, max_memory_bytes=2**30, allow_gpus=False)
    settings = replace(settings, default_memory_bytes=2**29)
    assert refused(settings, cpus=2.5) == (NotAllowed, "environment.cpus")
    assert refused(settings, memory_bytes=2**31) == (NotAllowed, "environment.memory_bytes")
    assert refused(settings, gpus=1) == (NotAllowed, "environment.gpus")
    assert check(settings, cpus=2.0, memory_bytes=2**30).cpus == 2.0


def test_fewer_gpus_than_all_is_no_number():
    assert refused(gpus=-2) == (InvalidInput, "environment.gpus")


def test_only_allowed_networks_can_be_named():
    assert check(network="none").network == "none"
    assert refused(network="host") == (NotAllowed, "environment.network")
    assert refused(network="container:other") == (InvalidInput, "environment.network")


def test_allowed_volumes_are_taken():
    check(**mounting("/srv/data/a/b"))
    check(**mounting("cache-pip"))


@pytest.mark.parametrize(
    "source",
    [
        "/srv/data/../../etc",
        "/srv/data/./a",
        "//srv/data/a",
        "/srv/data/a/",
        "/srv/data/a\0b",
        "a/b",
        "",
        "..",
    ],
)
def test_tricks_with_paths_are_refused(source: str):
    assert refused(**mounting(source)) == (InvalidInput, "environment.volumes.0.source")


@pytest.mark.parametrize("source", ["/etc", "/srv/data", "other-volume"])
def test_volumes_that_the_settings_do_not_name_are_not_allowed(source: str):
    assert refused(**mounting(source)) == (NotAllowed, "environment.volumes.0.source")


@pytest.mark.parametrize("source", ["/var/run", "/var/run/docker.sock", "/tmp/engine/docker.sock"])
def test_the_engine_s_socket_never_gets_in_even_where_a_pattern_allows_it(source: str):
    assert refused(**mounting(source)) == (NotAllowed, "environment.volumes.0.source")


@pytest.mark.parametrize(
    "target", ["/", "relative", "/a/../b", "/proc/1", "/jupyter-batch/inbox", "/dev"]
)
def test_places_that_make_the_container_what_it_is_cannot_be_mounted_over(target: str):
    kind, field = refused(**mounting("/srv/data/a", target))
    assert (kind, field) == (InvalidInput, "environment.volumes.0.target")


def test_nothing_can_be_mounted_by_default():
    settings = replace(SETTINGS, allowed_volumes=())
    assert refused(settings, **mounting("/srv/data/a"))[0] is NotAllowed


def test_all_that_is_wrong_is_told_at_once():
    with pytest.raises(BatchError) as caught:
        check(image="not an image", memory_bytes=1, gpus=-2, network="?", **mounting("/etc"))
    problems = caught.value.details["problems"]
    assert [problem["field"] for problem in problems] == [
        "environment.image",
        "environment.memory_bytes",
        "environment.gpus",
        "environment.network",
        "environment.volumes.0.source",
    ]
    assert problems[0]["message"] == caught.value.message
