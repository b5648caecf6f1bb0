from __future__ import annotations

import sys

import pytest

from jupyter_batch.runner.usage import Usage, oom_kills


def test_memory_and_cpu_of_this_process_are_measured():
    usage = Usage()
    block = bytearray(30_000_000)
    assert usage.sample() > len(block)
    assert usage.peak_memory_bytes >= usage.memory_bytes
    assert usage.cpu_seconds > 0


def test_the_peak_stays():
    usage = Usage()
    block = bytearray(30_000_000)
    usage.sample()
    del block
    before = usage.peak_memory_bytes
    usage.sample()
    assert usage.peak_memory_bytes >= before


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux: reads cgroups")
def test_the_count_of_kills_does_not_change_by_itself():
    assert oom_kills() == oom_kills()
