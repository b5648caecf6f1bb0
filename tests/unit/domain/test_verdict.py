"""The verdict on each ending."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_batch.domain.frames import Finished, FrameError
from jupyter_batch.domain.run import RunState
from jupyter_batch.domain.verdict import OUT_OF_MEMORY, TIMED_OUT, AttemptEvidence, judge

BOOM = FrameError(ename="ValueError", evalue="boom", traceback=("line",))


def ended(verdict: str, cause: str, **fields: Any) -> Finished:
    return Finished(seq=9, at=1.0, verdict=verdict, cause=cause, **fields)


def ending(finished: Finished | None = None, **facts: Any) -> Any:
    facts.setdefault("ready", True)
    facts.setdefault("cells_total", 5)
    return judge(AttemptEvidence(finished=finished, **facts))


def test_a_plain_success_needs_no_reason():
    verdict = ending(ended("succeeded", "done"))
    assert (verdict.state, verdict.reason, verdict.error) == (RunState.SUCCEEDED, None, None)


def test_a_success_with_something_to_say_says_it():
    verdict = ending(ended("succeeded", "sys_exit", message="2 cells were not run"))
    assert verdict.reason == "2 cells were not run"


def test_a_notebook_that_finished_before_the_cancel_arrived_succeeded():
    assert ending(ended("succeeded", "done"), cancelled_by="ada").state is RunState.SUCCEEDED


def test_an_exception_names_its_cell():
    verdict = ending(ended("failed", "exception", cell=2, error=BOOM, message="ValueError: boom"))
    assert verdict.state is RunState.FAILED
    assert verdict.reason == "ValueError: boom"
    assert (verdict.error.cell_index, verdict.error.ename) == (2, "ValueError")


def test_a_cancel_names_who_and_where():
    verdict = ending(ended("cancelled", "sigterm", cell=1), cancelled_by="ada")
    assert verdict.state is RunState.CANCELLED
    assert verdict.reason == "cancelled by ada in cell 2 of 5"


def test_a_cancel_that_needed_a_kill_is_still_a_cancel():
    verdict = ending(exit_code=137, cell=0, cancelled_by="ada")
    assert verdict.state is RunState.CANCELLED


def test_a_stop_that_nobody_here_asked_for_is_a_loss():
    verdict = ending(ended("cancelled", "sigterm", cell=1))
    assert verdict.state is RunState.LOST
    assert "from outside in cell 2 of 5" in verdict.reason


@pytest.mark.parametrize("finished", [ended("timed_out", "timeout", cell=3), None])
def test_a_timeout_names_the_limit_and_the_cell(finished: Finished | None):
    verdict = ending(
        finished, out_of_time=finished is None, cell=3, timeout_seconds=60.0, exit_code=137
    )
    assert verdict.state is RunState.TIMED_OUT
    assert verdict.reason == "not done after 60 s in cell 4 of 5"
    assert verdict.error.ename == TIMED_OUT


@pytest.mark.parametrize("finished", [ended("failed", "kernel_died", cell=1), None])
def test_out_of_memory_names_the_limit_and_the_cell(finished: Finished | None):
    verdict = ending(finished, oom_killed=True, cell=1, memory_bytes=512 * 1024**2, exit_code=137)
    assert verdict.state is RunState.FAILED
    assert "512 MiB in cell 2 of 5" in verdict.reason
    assert (verdict.error.cell_index, verdict.error.ename) == (1, OUT_OF_MEMORY)


def test_a_kernel_that_died_is_a_failure_with_its_cell():
    verdict = ending(ended("failed", "kernel_died", cell=0, message="the kernel died in cell 1"))
    assert verdict.state is RunState.FAILED
    assert verdict.error.ename == "KernelDied"


@pytest.mark.parametrize(
    ("facts", "state", "words"),
    [
        ({"exit_code": 137, "cell": 1}, RunState.LOST, "killed from outside in cell 2 of 5"),
        ({"found": False, "cell": 1}, RunState.LOST, "gone in cell 2"),
        ({"exit_code": None, "engine_error": "dead"}, RunState.LOST, "dead"),
        ({"exit_code": 64, "ready": False}, RunState.LOST, "bundle"),
        ({"exit_code": 69, "ready": False}, RunState.FAILED, "papermill or the kernel"),
        ({"exit_code": 3}, RunState.FAILED, "exit code 3"),
        ({"exit_code": 0, "ready": False}, RunState.LOST, "the engine has lost it"),
        ({"exit_code": 1}, RunState.LOST, "the engine has lost it"),
        ({"exit_code": 1, "ready": False}, RunState.LOST, "the engine has lost it"),
        (
            {"exit_code": 1, "ready": False, "log_tail": "Traceback"},
            RunState.FAILED,
            "exit code 1 before the first cell",
        ),
        (
            {"exit_code": 127, "ready": False, "image": "x:1", "log_tail": "python: not found"},
            RunState.FAILED,
            "the image x:1 cannot start the runner (exit code 127); its log ends: python",
        ),
    ],
)
def test_a_runner_that_fell_silent_has_a_reason(facts: dict[str, Any], state: RunState, words: str):
    verdict = ending(**facts)
    assert verdict.state is state
    assert words in verdict.reason


def test_a_silent_runner_is_lost_whatever_code_its_end_has():
    verdict = ending(exit_code=137, oom_killed=False, silent_seconds=300.0, cell=2)
    assert verdict.state is RunState.LOST
    assert "said nothing for 300 s" in verdict.reason


def test_an_attempt_that_ends_without_a_word_after_its_engine_went_away_is_lost():
    verdict = ending(exit_code=1, engine_was_away=True)
    assert verdict.state is RunState.LOST
    assert "the engine went away" in verdict.reason
    assert ending(exit_code=70).state is RunState.FAILED
    assert ending(exit_code=70, engine_was_away=True).state is RunState.LOST


def test_what_a_runner_says_after_its_engine_went_away_holds():
    verdict = ending(ended("succeeded", "done"), engine_was_away=True)
    assert verdict.state is RunState.SUCCEEDED


def test_a_record_with_holes_says_so():
    verdict = ending(ended("succeeded", "done"), missing_frames=3)
    assert verdict.state is RunState.SUCCEEDED
    assert verdict.reason == "the engine has lost 3 frames of its record"
    assert ending(exit_code=137, missing_frames=1).reason.endswith("lost 1 frames of its record")


def test_a_reason_has_no_colours_and_nothing_that_steers_a_terminal():
    verdict = ending(
        ended("failed", "exception", cell=2, message="\x1b[31mred\x1b[0m \x1b[2J\x07x")
    )
    assert verdict.reason == "red x"
