"""Active parts of a page are removed, in time that is linear in its size."""

from __future__ import annotations

import time

import pytest

from jupyter_batch.notebook.html_export import _without_active


@pytest.mark.parametrize(
    "piece", ["<script>", "<script ", "<meta ", "</script ", "<script></script  "]
)
def test_tags_that_do_not_end_take_no_longer_than_others(piece: str):
    """Four times the text takes about four times as long, not sixteen."""

    def seconds(count: int) -> float:
        begun = time.process_time()
        _without_active(piece * count)
        return time.process_time() - begun

    few = min(seconds(5_000) for _ in range(3))
    many = min(seconds(20_000) for _ in range(3))
    assert many < 9 * few + 0.02


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a<script>b</script>c", "ac"),
        ("a<SCRIPT src=x>b</Script >c", "ac"),
        ("a<meta http-equiv=refresh>b<link rel=x><base href=y>c", "abc"),
        ("a<script>b", "ab"),
        ("a<script>b</script>c<script>d", "acd"),
        ("a<scripture>b", "a<scripture>b"),
        ("a<script", "a"),
        ("nothing", "nothing"),
    ],
)
def test_what_is_active_is_taken_out(text: str, left: str):
    assert _without_active(text) == left
