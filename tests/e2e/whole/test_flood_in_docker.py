"""A notebook that prints much more than its container has memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .conftest import Whole, new_whole

pytestmark = pytest.mark.docker

_MEGABYTE = 1_000_000
_MEMORY, _MEMORY_BYTES = "512m", 512 * 2**20
_PRINTS = "for i in range(320):\n    print('abcd'[i % 4] * 1_000_000, flush=True)"
_LINES = "for i in range(1_000_000):\n    print('abcd'[i % 4] * 99)"


@pytest.fixture(scope="module")
def with_limit(tmp_path_factory) -> Iterator[Whole]:
    yield from new_whole(tmp_path_factory, "docker", max_output_bytes=50 * _MEGABYTE)


def _letters(whole: Whole, *sources: str) -> dict[str, int]:
    """Runs the cells in little memory; returns how often each letter was recorded."""
    run = whole.submit(*sources, memory=_MEMORY)
    count = dict.fromkeys("abcd", 0)
    for event in run.follow():
        if event.kind == "output":
            for op in event.data["ops"]:
                for letter in count:
                    count[letter] += op["body"].count(letter)
    run.wait(timeout=180)
    assert (run.state, run.reason) == ("succeeded", None)
    (attempt,) = run.attempts
    assert 0 < (attempt.peak_memory_bytes or 0) < _MEMORY_BYTES
    return count


@pytest.mark.slow
@pytest.mark.parametrize(
    ("source", "each"),
    [(_PRINTS, 80 * _MEGABYTE), (_LINES, 24.75 * _MEGABYTE)],
    ids=["megabytes", "lines"],
)
def test_a_flood_of_prints_passes_through_512_mib(in_docker: Whole, source: str, each: float):
    # "stream" and the like are in the bodies, too.
    assert all(each <= n < 1.01 * each for n in _letters(in_docker, source).values())


@pytest.mark.slow
def test_what_is_beyond_the_output_limit_is_cut_and_the_rest_goes_on(with_limit: Whole):
    count = _letters(with_limit, _PRINTS, "print('after')")
    assert 49 * _MEGABYTE < sum(count.values()) < 51 * _MEGABYTE
