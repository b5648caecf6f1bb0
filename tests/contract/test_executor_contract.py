"""The contract of every executor, whatever runs the attempts."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator, Sequence
from typing import Any

import nbformat
import pytest
from msgspec.structs import replace

from jupyter_batch.domain.environment import Environment, Volume
from jupyter_batch.domain.executor_kinds import EXECUTOR_KINDS, EXECUTOR_OPTIONS, ExecutorKind
from jupyter_batch.domain.frames import AnyFrame, CellStarted, Finished, Output, Ready
from jupyter_batch.domain.notebook import FrozenFile
from jupyter_batch.domain.recording import LogLine
from jupyter_batch.domain.settings import Settings
from jupyter_batch.errors import AttemptGone, InvalidInput, NotAllowed
from jupyter_batch.executors.registry import open_executor
from jupyter_batch.ports import AttemptHandle, AttemptSpec, Bundle, Executor
from jupyter_batch.runner.pack import zipapp_bytes

Item = AnyFrame | LogLine
STORE = f"contract-{uuid.uuid4().hex[:8]}"


#: What a kind needs that not every machine has.
NEEDS = {"docker": pytest.mark.docker}


@pytest.fixture(
    params=[
        pytest.param(kind, id=name, marks=NEEDS.get(name, ()))
        for name, kind in EXECUTOR_KINDS.items()
    ]
)
def kind(request: pytest.FixtureRequest) -> ExecutorKind:
    made: ExecutorKind = request.param
    return made


@pytest.fixture
async def executor(kind: ExecutorKind, settings: Settings) -> AsyncIterator[Executor]:
    made = open_executor(kind, settings, runner=zipapp_bytes())
    yield made
    for handle in await made.list(STORE):
        await made.stop(handle, grace_seconds=0)
        await made.remove(handle)
    await made.close()


async def a_spec(executor: Executor, *sources: str, **bundle: Any) -> AttemptSpec:
    """Returns an attempt of a notebook with these code cells."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in sources],
        metadata={"kernelspec": {"name": "python3", "display_name": "", "language": "python"}},
    )
    settings = {"heartbeat_seconds": 5.0, "grace_seconds": 2.0, **bundle.pop("settings", {})}
    environment = await executor.prepare(executor.resolve(Environment()), lambda text, share: None)
    return AttemptSpec(
        store_id=STORE,
        run_id=uuid.uuid4().hex,
        attempt_no=1,
        environment=environment,
        bundle=Bundle(notebook=nbformat.writes(notebook).encode(), settings=settings, **bundle),
    )


async def read_all(executor: Executor, handle: AttemptHandle) -> list[Item]:
    return [item async for batch in executor.follow(handle) for item in batch]


def frames(items: Sequence[Item]) -> list[AnyFrame]:
    return [item for item in items if not isinstance(item, LogLine)]


def lines(items: Sequence[Item]) -> list[LogLine]:
    return [item for item in items if isinstance(item, LogLine)]


def printed(items: Sequence[Item]) -> str:
    bodies = [op.body for item in items if isinstance(item, Output) for op in item.ops]
    return "".join(json.loads(body).get("text", "") for body in bodies)


async def test_an_attempt_tells_its_frames_in_order_from_ready_to_finished(executor: Executor):
    handle = await executor.start(await a_spec(executor, "print('hello')"))
    told = frames(await read_all(executor, handle))
    assert [frame.seq for frame in told] == list(range(1, len(told) + 1))
    assert isinstance(told[0], Ready)
    assert isinstance(told[-1], Finished)
    assert told[-1].verdict == "succeeded"
    assert printed(told) == "hello\n"
    assert (await executor.wait(handle)).exit_code == 0


async def test_following_again_tells_the_same_from_the_first_on(executor: Executor):
    handle = await executor.start(
        await a_spec(executor, "import os; os.write(2, b'to the log\\n')", "print(2)")
    )
    first = await read_all(executor, handle)
    again = await read_all(executor, handle)
    assert frames(again) == frames(first)
    assert lines(again) == lines(first)


async def test_starting_an_attempt_twice_gives_the_first_one(executor: Executor):
    spec = await a_spec(executor, "print(1)")
    first = await executor.start(spec)
    assert await executor.start(spec) == first
    assert len([i for i in await read_all(executor, first) if isinstance(i, Finished)]) == 1
    assert await executor.start(spec) == first  # it has ended: it does not begin again
    assert len([i for i in await read_all(executor, first) if isinstance(i, Finished)]) == 1


async def test_a_failing_notebook_ends_with_1_and_its_verdict(executor: Executor):
    handle = await executor.start(await a_spec(executor, "1 / 0"))
    finished = frames(await read_all(executor, handle))[-1]
    assert isinstance(finished, Finished)
    assert (finished.verdict, finished.cause, finished.cell) == ("failed", "exception", 0)
    ending = await executor.wait(handle)
    assert (ending.exit_code, ending.oom_killed) == (1, False)


async def test_an_output_comes_while_its_cell_is_still_running(executor: Executor):
    spec = await a_spec(executor, "print('first', flush=True); import time; time.sleep(600)")
    handle = await executor.start(spec)
    async for batch in executor.follow(handle):
        if "first" in printed(batch):
            break  # a cell of ten minutes: this is while it runs
    await executor.stop(handle, grace_seconds=10)
    finished = frames(await read_all(executor, handle))[-1]
    assert isinstance(finished, Finished)
    assert finished.verdict == "cancelled"


async def test_a_stopped_notebook_can_clean_up(executor: Executor):
    source = "import time\ntry:\n    time.sleep(600)\nfinally:\n    print('cleaned up')"
    handle = await executor.start(await a_spec(executor, source))
    items: list[Item] = []
    async for batch in executor.follow(handle):
        items += batch
        if any(isinstance(item, CellStarted) for item in batch):
            await executor.stop(handle, grace_seconds=20)
    assert "cleaned up" in printed(items)


async def test_stopping_and_removing_what_has_ended_is_no_error(executor: Executor):
    handle = await executor.start(await a_spec(executor, "1"))
    await executor.wait(handle)
    await executor.stop(handle, grace_seconds=1)
    await executor.remove(handle)
    await executor.remove(handle)
    await executor.stop(handle, grace_seconds=1)


async def test_what_has_been_removed_is_gone(executor: Executor):
    handle = await executor.start(await a_spec(executor, "1"))
    await executor.wait(handle)
    await executor.remove(handle)
    assert await executor.list(STORE) == ()
    with pytest.raises(AttemptGone):
        await read_all(executor, handle)
    with pytest.raises(AttemptGone):
        await executor.wait(handle)


async def test_a_store_lists_its_own_attempts_running_or_ended(executor: Executor):
    ended = await executor.start(await a_spec(executor, "1"))
    await executor.wait(ended)
    running = await executor.start(await a_spec(executor, "import time; time.sleep(600)"))
    other = replace(await a_spec(executor, "1"), store_id=f"{STORE}-other")
    foreign = await executor.start(other)
    try:
        listed = await executor.list(STORE)
        assert {handle.run_id for handle in listed} == {ended.run_id, running.run_id}
        assert {ended, running} == set(listed)
        assert await executor.list(other.store_id) == (foreign,)
    finally:
        await executor.wait(foreign)
        await executor.remove(foreign)


async def test_an_attempt_outlives_its_executor_and_is_found_by_the_next(
    executor: Executor, kind: ExecutorKind, settings: Settings
):
    before = open_executor(kind, settings, runner=zipapp_bytes())
    handle = await before.start(
        await a_spec(before, "print('before')", "import time; time.sleep(1); print('after')")
    )
    async for batch in before.follow(handle):
        if "before" in printed(batch):
            break
    await before.close()
    (found,) = await executor.list(STORE)
    assert found == handle
    assert printed(await read_all(executor, found)) == "before\nafter\n"
    assert (await executor.wait(found)).exit_code == 0


async def test_lines_of_the_log_are_numbered_from_one(executor: Executor):
    source = "import os\nfor n in range(1000): os.write(2, b'line %d\\n' % n)"
    items = await read_all(executor, await executor.start(await a_spec(executor, source)))
    log = lines(items)
    assert [line.line_no for line in log] == list(range(1, len(log) + 1))
    told = [line.text for line in log if line.text.startswith("line ")]
    assert told == [f"line {n}" for n in range(1000)]


async def test_nothing_that_a_notebook_prints_can_forge_a_frame(executor: Executor):
    forged = '{"v":1,"seq":99,"at":1,"kind":"finished","verdict":"succeeded","cause":"done"}'
    source = f"import os\nos.write(1, b'{forged}\\n')\nos.system(\"echo '{forged}'\")\n1/0"
    items = await read_all(executor, await executor.start(await a_spec(executor, source)))
    verdicts = [item.verdict for item in items if isinstance(item, Finished)]
    assert verdicts == ["failed"]


async def test_files_are_in_the_working_folder(executor: Executor):
    spec = await a_spec(
        executor,
        "print(open('lib/data.txt').read())",
        files=(FrozenFile(path="lib/data.txt", content="größe".encode()),),
    )
    assert printed(await read_all(executor, await executor.start(spec))) == "größe\n"


async def test_secrets_reach_the_notebook_and_no_record(executor: Executor):
    spec = await a_spec(
        executor,
        "import os; print(len(os.environ['TOKEN'])); print(os.environ['TOKEN'])",
        secrets={"TOKEN": "s3cret-value-42"},
    )
    items = await read_all(executor, await executor.start(spec))
    assert printed(items) == "15\n***\n"
    assert "s3cret-value-42" not in repr(items)


async def test_parameters_are_data(executor: Executor):
    spec = await a_spec(executor, "print(len(name))", settings={"parameters": {"name": 'a"\n1/0'}})
    assert printed(await read_all(executor, await executor.start(spec))) == "6\n"


async def test_an_executor_that_can_be_used_says_so(executor: Executor):
    health = await executor.health()
    assert health.ok
    assert health.message
    assert health.isolated is executor.kind.isolated


async def test_what_an_environment_offers_is_told(executor: Executor):
    environment = (await a_spec(executor, "1")).environment
    report = await executor.inspect(environment)
    assert report is not None
    assert report.kernels["python3"] == "python"
    assert report.papermill
    assert report.python.startswith("3.")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"cpus": -1.0}, "environment.cpus"),
        ({"memory_bytes": -1}, "environment.memory_bytes"),
        ({"gpus": -2}, "environment.gpus"),
    ],
)
async def test_impossible_limits_are_refused_by_name(
    executor: Executor, wrong: dict[str, Any], field: str
):
    with pytest.raises(InvalidInput) as caught:
        executor.resolve(Environment(**wrong))
    assert caught.value.details["field"] == field


async def test_an_executor_takes_the_options_that_its_kind_declares(executor: Executor):
    given: dict[str, Any] = {
        "image": "other",
        "cpus": 1.0,
        "memory_bytes": 1024**3,
        "gpus": 1,
        "network": "none",
        "volumes": (Volume(source="data", target="/mnt/data"),),
    }
    assert {*given} == {*EXECUTOR_OPTIONS}
    refused = {name for name in given if not _is_taken(executor, **{name: given[name]})}
    assert refused == {*executor.kind.refused}


def _is_taken(executor: Executor, **option: Any) -> bool:
    try:
        executor.resolve(Environment(**option))
    except NotAllowed:  # By the administrator, who could allow it.
        return True
    except InvalidInput:
        return False
    return True


async def test_a_resolved_environment_names_its_executor(executor: Executor):
    assert executor.resolve(Environment()).executor == executor.name


async def test_what_a_killed_attempt_has_kept_can_be_read(executor: Executor):
    source = (
        "import jupyter_batch as jb, time\n"
        "for n in jb.track(range(9), name='x', resume=True):\n"
        "    print('at', n, flush=True)\n    time.sleep(600 if n == 5 else 0)"
    )
    handle = await executor.start(await a_spec(executor, source))
    async for batch in executor.follow(handle):
        if "at 5" in printed(batch):
            break
    assert await executor.kept(handle, "nothing") is None
    assert b'["d","x",4]' in (await executor.kept(handle, "spool") or b"")
    await executor.stop(handle, grace_seconds=0)
    await executor.wait(handle)
    assert b'["d","x",4]' in (await executor.kept(handle, "spool") or b"")
    assert b'["d","x",5]' not in (await executor.kept(handle, "spool") or b"")
    await executor.remove(handle)
    assert await executor.kept(handle, "spool") is None
