"""The inspection of an image on an engine that others use too."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from docker import APIClient

from jupyter_batch.errors import ImageUnusable
from jupyter_batch.executors.docker.connection import DockerConnection, Gone, Refused
from jupyter_batch.executors.docker.images import Images

FOUND = {
    "python_version": "3.11.2", "machine": "x86_64", "glibc": "2.36", "papermill": "2.7.0",
    "kernels": {"python3": "python"}, "uid": 1000, "gid": 1000, "home": None,
    "has_folders": True,
}  # fmt: skip


class FakeClient:
    """An engine whose containers end as they are told, one after the other."""

    def __init__(self, *endings: Any) -> None:
        self._endings = list(endings)
        self.removed: list[str] = []
        self.made = 0

    def inspect_image(self, image: str) -> dict[str, Any]:
        return {"Id": image, "Config": {}}

    def containers(self, **_: Any) -> list[dict[str, Any]]:
        return []

    def create_host_config(self, **_: Any) -> dict[str, Any]:
        return {}

    def create_container(self, *_: Any, **__: Any) -> dict[str, str]:
        self.made += 1
        self._ending = self._endings.pop(0)
        return {"Id": f"probe {self.made}"}

    def start(self, container: str) -> None:
        """Starts it."""

    def wait(self, container: str, timeout: float) -> dict[str, int]:
        return {"StatusCode": 137 if self._ending == b"" else 0}

    def logs(self, container: str, **_: Any) -> bytes:
        if isinstance(self._ending, Exception):
            raise self._ending
        return bytes(self._ending)

    def remove_container(self, container: str, **_: Any) -> None:
        self.removed.append(container)


GONE = Gone("404", explanation="No such container: jb-probe-1")
DEAD = Refused(
    "500", explanation="can not get logs from container which is dead or marked for removal"
)
PRINTED = json.dumps(FOUND).encode()


@pytest.mark.parametrize("ending", [GONE, DEAD, b""])
def test_a_probe_that_another_process_clears_away_is_made_again(ending):
    client = FakeClient(ending, PRINTED)
    facts = Images(DockerConnection("unix:///nowhere"), cache_file=None).facts(
        cast("APIClient", client), "sha256:1"
    )
    assert (facts.papermill, facts.python, client.made) == ("2.7.0", "python", 2)
    assert client.removed == ["probe 1", "probe 2"]


def test_a_probe_that_is_always_cleared_away_is_given_up():
    client = FakeClient(*[GONE] * 9)
    with pytest.raises(ImageUnusable, match="removed again and again"):
        Images(DockerConnection("unix:///nowhere"), cache_file=None).facts(
            cast("APIClient", client), "sha256:1"
        )


def test_what_else_an_engine_refuses_is_told_at_once():
    client = FakeClient(Refused("500", explanation="no space left on device"))
    with pytest.raises(ImageUnusable, match="no space left"):
        Images(DockerConnection("unix:///nowhere"), cache_file=None).facts(
            cast("APIClient", client), "sha256:1"
        )
    assert client.made == 1
