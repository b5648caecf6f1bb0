"""Runs in another order than newest first, page by page, in every store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from jupyter_batch.domain.queries import RunQuery, RunSort
from jupyter_batch.domain.run import Attempt, Run, RunState
from jupyter_batch.errors import InvalidInput
from jupyter_batch.testing import AT, make_frozen, make_run

#: Names, seconds until they started and that they took; None for what has not happened.
RUNS = (
    ("beta", 5.0, 2.000001),
    ("Alpha", 1.0, 30.0),
    ("gamma", None, None),
    ("alpha", 9.0, None),
    ("delta", 5.0, 2.0),
)


async def fill(kit) -> list[str]:
    """Adds the runs; returns their ids."""
    made = []
    for name, starts, takes in RUNS:
        run = await kit.runs.add(make_run(name=name), make_frozen())
        steps = []
        if starts is not None:
            begun = AT + timedelta(seconds=starts)
            steps += [(RunState.STARTING, begun), (RunState.RUNNING, begun)]
            if takes is not None:
                steps.append((RunState.SUCCEEDED, begun + timedelta(seconds=takes)))
        for state, at in steps:
            await kit.runs.update(
                run.id, lambda old, to=state, at=at: old.move_to(to, at=at), at=at
            )
        made.append(run.id)
    return made


async def listed(kit, **query) -> list[str]:
    """Lists all, two at a time."""
    names: list[str] = []
    after = None
    while True:
        page = await kit.runs.list(RunQuery(limit=2, after=after, **query))
        names += [run.name for run in page.items]
        after = page.next_after
        if after is None:
            return names


@pytest.mark.parametrize(
    ("sort", "least_first"),
    [
        (RunSort.CREATED, ["beta", "Alpha", "gamma", "alpha", "delta"]),
        (RunSort.STARTED, ["gamma", "Alpha", "beta", "delta", "alpha"]),
        (RunSort.DURATION, ["gamma", "alpha", "delta", "beta", "Alpha"]),
        (RunSort.NAME, ["Alpha", "alpha", "beta", "delta", "gamma"]),
        (RunSort.STATE, ["gamma", "alpha", "beta", "Alpha", "delta"]),
    ],
)
async def test_runs_are_sorted_over_all_pages(kit, sort, least_first):
    await fill(kit)
    assert await listed(kit, sort=sort, ascending=True) == least_first
    assert await listed(kit, sort=sort) == least_first[::-1]


async def test_sorted_runs_are_filtered_too(kit):
    await fill(kit)
    assert await listed(kit, sort=RunSort.NAME, states=(RunState.SUCCEEDED,)) == [
        "delta",
        "beta",
        "Alpha",
    ]


async def test_a_page_after_a_run_that_is_gone_is_refused(kit):
    first, *_ = await fill(kit)
    await kit.runs.delete([first])
    with pytest.raises(InvalidInput, match="gone"):
        await kit.runs.list(RunQuery(after=first, sort=RunSort.NAME))


async def test_the_waits_between_attempts_do_not_count(kit):
    def ran(*spans: tuple[float, float]) -> Run:
        times = [tuple(AT + timedelta(seconds=one) for one in span) for span in spans]
        attempts = tuple(
            Attempt(attempt_no=no, state=RunState.FAILED, started_at=since, finished_at=until)
            for no, (since, until) in enumerate(times, 1)
        )
        return make_run(
            name=str(len(spans)),
            state=RunState.FAILED,
            started_at=times[0][0],
            finished_at=times[-1][1],
            attempts=attempts,
        )

    for run in (ran((0, 3), (600, 603)), ran((0, 10)), ran((0, 1), (50, 51), (90, 91))):
        await kit.runs.add(run, make_frozen())
    assert await listed(kit, sort=RunSort.DURATION) == ["1", "2", "3"]
    rows = (await kit.records.result_rows(RunQuery())).items
    assert {row.name: row.duration_seconds for row in rows} == {"1": 10, "2": 6, "3": 3}
