from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from msgspec.structs import replace

from jupyter_batch.cli.formatting import ago, clock
from jupyter_batch.cli.live_view import Watch
from jupyter_batch.client import Run
from jupyter_batch.client.arguments.units import duration, size
from jupyter_batch.client.run_properties import RunFacts
from jupyter_batch.domain.artifact import Artifact
from jupyter_batch.domain.cell import CellCount
from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.events import RunEvent
from jupyter_batch.domain.plain_text import plain_text
from jupyter_batch.domain.progress import ItemProgress
from jupyter_batch.domain.run import Attempt, RunState

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def ended(owner):
    attempts = tuple(
        Attempt(
            attempt_no=number,
            state=state,
            exit_code=code,
            started_at=NOW + timedelta(seconds=61 * (number - 1)),
            finished_at=NOW + timedelta(seconds=61 * (number - 1) + 62.5),
            peak_memory_bytes=50 * 1024**2,
            cpu_seconds=1.5,
        )
        for number, state, code in ((1, RunState.FAILED, 1), (2, RunState.SUCCEEDED, 0))
    )
    artifact = Artifact(path="t.csv", size_bytes=3, sha256="", media_type="text/csv", attempt_no=2)
    owner.files["t.csv"] = b"1,2"
    owner.cells = [
        {"cell_index": 0, "cell_type": "markdown", "source": "# Title", "state": "succeeded"},
        {
            "cell_index": 1,
            "cell_type": "code",
            "source": "\n\nprint(1)",
            "state": "succeeded",
            "started_at": "2026-05-01T12:00:00Z",
            "finished_at": "2026-05-01T12:00:01.500Z",
        },
    ]
    return owner.add_run(
        name="nightly report",
        state=RunState.SUCCEEDED,
        parameters={"alpha": 0.5, "name": "ä"},
        environment=Environment(executor="docker", image="img:1", cpus=1, memory_bytes=1024**3),
        started_at=NOW,
        finished_at=NOW + timedelta(minutes=10),
        cells=CellCount(total=2, done=2),
        attempts=attempts,
        artifacts=(artifact,),
    )


def test_runs_are_listed_with_state_in_words(shell, owner, ended):
    owner.add_run(name="other", state=RunState.LOST, reason="the container is gone")
    assert shell("runs") == 0
    first, second, third = shell.out.splitlines()
    assert first.split() == ["RUN", "STATE", "NAME", "CREATED", "TOOK", "CELLS", "WHY"]
    assert "? lost" in second
    assert "the container is gone" in second
    assert "✓ succeeded" in third
    assert "2 min 05 s" in third
    assert ended.id[-8:] in third


def test_a_run_that_was_tried_again_says_what_it_took_with_and_without_the_waits(shell, ended):
    assert shell("show", ended.id) == 0
    [line] = [line for line in shell.out.splitlines() if "finished" in line]
    assert line.endswith("after 2 min 05 s in 2 attempts, 10 min 00 s with the waits")


def test_backfills_are_listed_with_the_instant_that_they_stand_for(shell, owner, ended):
    owner.add_run(name="late", scheduled_for=datetime(2024, 3, 3, 12, tzinfo=UTC))
    assert shell("runs") == 0
    first, second, third = shell.out.splitlines()
    assert first.split()[:5] == ["RUN", "STATE", "NAME", "FOR", "CREATED"]
    assert "2024-03-03" in second
    assert "2024" not in third


def test_a_long_reason_does_not_squeeze_the_rest(shell, owner, ended):
    owner.add_run(name="other", state=RunState.LOST, reason="because " * 100)
    assert shell("runs") == 0
    for line in shell.out.splitlines():
        assert len(line) <= 200
    assert "nightly report" in shell.out
    assert "because be" in shell.out


def test_the_list_as_json_has_whole_runs(shell, ended):
    assert shell("runs", "--json", "--state", "succeeded,failed") == 0
    assert [run["id"] for run in shell.json["items"]] == [ended.id]


def test_a_list_of_nothing_says_how_to_begin(shell):
    assert shell("runs") == 0
    assert "jupyter batch run NOTEBOOK" in shell.err
    assert shell("runs", "--state", "failed") == 0
    assert "no run fits" in shell.err


@pytest.mark.parametrize(
    "arguments", [("--state", "fine"), ("--since", "soon"), ("--limit", "0"), ("--limit", "x")]
)
def test_filters_that_make_no_sense_are_refused(shell, arguments):
    assert shell("runs", *arguments, "--json") == 2
    assert shell.json["code"] == "bad_request"


@pytest.mark.parametrize("name", ["last", "whole", "start", "end"])
def test_a_run_is_found_by_a_part_of_its_id(shell, owner, ended, name):
    target = {"last": "last", "whole": ended.id, "start": ended.id[:20], "end": ended.id[-6:]}[name]
    assert shell("show", target, "--json") == 0
    assert shell.json["id"] == ended.id


def test_a_part_of_several_ids_is_refused_with_the_candidates(shell, owner):
    made = [owner.add_run().id for _ in range(2)]
    assert shell("show", made[0][:2]) == 2
    assert made[0] in shell.err
    assert made[1] in shell.err


def test_an_unknown_run_is_exit_code_2(shell, ended):
    assert shell("show", "zzzzzz", "--json") == 2
    assert shell.json["code"] == "not_found"
    assert shell("cancel", "z" * 26, "--json") == 2


def test_show_tells_all_about_a_run(shell, ended):
    assert shell("show", "last") == 0
    for text in (
        "nightly report",
        "alpha = 0.5",
        'name = "ä"',
        "docker, image img:1",
        "1 cpu, 1.0 GiB memory",
        "attempts",
        "print(1)",
        "1.5 s",
        "t.csv (3 B)",
    ):
        assert text in shell.out, text


def test_show_tells_results_and_how_far_loops_are(shell, owner, ended):
    owner.results = {"loss": 0.5, "na\x1b[31mme": "x" * 200}
    owner.runs[ended.id] = replace(
        owner.runs[ended.id],
        progress=(
            ItemProgress(
                name="orders",
                processed=38,
                failed=2,
                skipped=10,
                total=1000,
                rate_per_second=12.0,
                eta_seconds=75.0,
            ),
        ),
    )
    assert shell("show", "last") == 0
    assert "orders: 50 of 1,000, 2 failed, 10 done before, 12/s, 1 min 15 s left" in shell.out
    assert "loss = 0.5" in shell.out
    assert "\x1b[31m" not in shell.out
    assert shell("show", "last", "--json") == 0
    assert shell.json["results"][0]["value"] == 0.5
    assert shell.json["progress"][0]["processed"] == 38


def test_a_watch_tells_how_far_a_loop_is(ended):
    watch = Watch(cast("Run", RunFacts(ended)))

    def headline_after(kind, **data):
        watch.take(RunEvent(run_id=ended.id, event_id=0, at=ended.created_at, kind=kind, data=data))
        return watch.headline

    headline_after("state", state="running")
    assert headline_after("cell_started", cell_index=0, source="for n in x:") == "for n in x:"
    assert headline_after("progress", name="x", processed=3, total=9) == "x: 3 of 9"
    assert headline_after("progress", name="x", processed=9, total=9, is_over=True) == "for n in x:"


def test_show_as_json_has_the_cells_too(shell, ended):
    assert shell("show", "last", "--json") == 0
    assert [cell["cell_index"] for cell in shell.json["cell_records"]] == [0, 1]


def test_the_log_is_written_as_it_is_without_what_steers_a_terminal(shell, owner, ended):
    owner.log = ["one", "\x1b[31mtwo\x1b[0m \x1b]0;evil\x07"]
    assert shell("logs", "last") == 0
    assert shell.out == "one\ntwo \n"


def test_following_a_log_ends_with_the_run(shell, owner, ended):
    owner.log = ["one"]
    assert shell("logs", "-f", "last") == 0
    assert shell.out == "one\n"
    assert "succeeded" in shell.err


def test_export_writes_the_notebook_and_the_artifacts(shell, owner, ended, tmp_path):
    output = tmp_path / "o.ipynb"
    assert shell("export", "last", "-o", output, "--artifacts", tmp_path / "files", "--json") == 0
    assert output.read_bytes() == owner.notebook
    assert (tmp_path / "files" / "t.csv").read_bytes() == b"1,2"
    assert shell.json["artifacts"] == [str(tmp_path / "files" / "t.csv")]


def test_export_of_nothing_is_refused(shell, ended):
    assert shell("export", "last") == 2
    assert "--output" in shell.err


def test_what_is_over_cannot_be_cancelled_but_deleted(shell, owner, ended):
    assert shell("cancel", "last", "--json") == 2
    assert shell.json["code"] == "conflict"
    assert shell("delete", "last") == 0
    assert owner.runs == {}


def test_a_run_that_waits_is_cancelled(shell, owner):
    owner.add_run()
    assert shell("cancel", "last") == 0
    assert "⊘ cancelled" in shell.out


def test_a_retry_can_be_waited_for(shell, owner):
    owner.add_run(state=RunState.FAILED)
    owner.plan = [{"state": RunState.SUCCEEDED}]
    assert shell("retry", "last", "--wait") == 0
    owner.add_run(state=RunState.FAILED)
    owner.plan = [{"state": RunState.FAILED}]
    assert shell("retry", "last", "--wait") == 1


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.123, "0.12 s"), (3.44, "3.4 s"), (125, "2 min 05 s"), (11_400, "3 h 10 min"), (None, "")],
)
def test_durations_read_well(seconds, text):
    assert duration(seconds) == text


def test_sizes_read_well():
    assert [size(n) for n in (0, 1023, 1536, 512 * 1024**2)] == [
        "0 B",
        "1023 B",
        "1.5 KiB",
        "512 MiB",
    ]


def test_an_instant_leaves_out_what_is_the_same_today():
    assert ":" in clock(NOW, now=NOW)
    assert clock(NOW - timedelta(days=400), now=NOW).startswith("2025-")
    assert ago("2h", NOW) == NOW - timedelta(hours=2)


def test_nothing_that_steers_a_terminal_gets_through():
    assert plain_text("a\x1b[2Jb\x1b]8;;http://x\x1b\\c\x07\rd\x9b31me\tf") == "abcde\tf"
