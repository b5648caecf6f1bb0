"""Each ending of a run, from the request to the record, on the real parts."""

from __future__ import annotations

import pytest

from jupyter_batch.domain.cell import CellState
from jupyter_batch.domain.run import RunState
from jupyter_batch.errors import InvalidInput

SECRET = "open-sesame-4711"


def states(run) -> list[str]:
    return [str(cell.state) for cell in run.cells()]


def test_a_success_leaves_everything_on_record(whole):
    run = whole.run(
        "print('hello', who)",
        "import os, pathlib\n"
        "(pathlib.Path(os.environ['JUPYTER_BATCH_OUTPUT']) / 'a.txt').write_text('artifact')",
        "6 * 7",
        cell="who = 'nobody'  # whom to greet",
        parameters={"who": "ada"},
    )
    assert (run.state, run.reason, run.error) == (RunState.SUCCEEDED, None, None)
    (attempt,) = run.attempts
    assert attempt.exit_code == 0
    assert attempt.peak_memory_bytes > 10 * 2**20
    assert attempt.cpu_seconds > 0
    assert attempt.started_at <= attempt.finished_at
    notebook = run.notebook()
    assert notebook.cells[2].outputs[0].text == "hello ada\n"
    assert notebook.cells[4].outputs[0].data["text/plain"] == "42"
    (artifact,) = run.artifacts
    assert artifact.read() == b"artifact"


def test_an_exception_names_its_cell(whole):
    run = whole.run("print('before')", "raise ValueError('boom')", "print('never')")
    assert run.state is RunState.FAILED
    assert (run.error.cell_index, run.error.ename, run.error.evalue) == (1, "ValueError", "boom")
    assert "boom" in run.reason
    assert states(run) == ["succeeded", "failed", "not_run"]
    texts = [cell.get("source") for cell in run.notebook().cells]
    assert any("papermill-error-cell" in text for text in texts)


@pytest.mark.parametrize(("code", "state"), [(0, "succeeded"), (3, "failed")])
def test_sys_exit_says_that_cells_were_not_run(whole, code, state):
    run = whole.run("x = 1", f"import sys; sys.exit({code})", "print('never')", "print('never')")
    assert run.state == state
    assert "2" in run.reason
    assert "not" in run.reason
    assert states(run)[2:] == ["not_run", "not_run"]
    if code:
        assert str(code) in run.reason
        assert run.error.cell_index == 1


def test_a_killed_kernel_is_named_with_its_cell(whole):
    run = whole.run("print('before', flush=True)", "import os; os.kill(os.getpid(), 9)", "1")
    assert run.state is RunState.FAILED
    assert run.error.cell_index == 1
    assert "kernel" in run.reason.lower()
    assert states(run) == ["succeeded", "failed", "not_run"]
    assert run.notebook().cells[0].outputs[0].text == "before\n"


def test_a_timeout_names_the_limit_and_keeps_what_there_was(whole):
    run = whole.run("print('before', flush=True)\nimport time\ntime.sleep(600)", "1", timeout=3)
    assert run.state is RunState.TIMED_OUT
    assert "3 s" in run.reason
    assert states(run) == ["failed", "not_run"]
    assert run.notebook().cells[0].outputs[0].text.startswith("before\n")


def test_a_cancel_lets_the_notebook_clean_up(whole):
    run = whole.submit(
        "import os, pathlib, time\n"
        "out = pathlib.Path(os.environ['JUPYTER_BATCH_OUTPUT'])\n"
        "print('working', flush=True)\n"
        "try:\n    time.sleep(600)\nfinally:\n    (out / 'tidy.txt').write_text('done')",
        "print('never')",
    )
    for event in run.follow():
        if event.kind == "output":
            run.cancel()
            break
    run = run.wait(timeout=120)
    assert run.state is RunState.CANCELLED
    assert "in cell 1 of 2" in run.reason
    assert [artifact.read() for artifact in run.artifacts] == [b"done"]
    assert states(run) == ["failed", "not_run"]


def test_a_notebook_that_does_not_listen_is_killed_after_the_grace(whole):
    run = whole.submit(
        "import time\nprint('deaf', flush=True)\nwhile True:\n    try:\n        time.sleep(600)\n"
        "    except KeyboardInterrupt:\n        print('no', flush=True)"
    )
    for event in run.follow():
        if event.kind == "output":
            run.cancel()
            break
    run = run.wait(timeout=120)
    assert run.state is RunState.CANCELLED
    assert "deaf" in run.notebook().cells[0].outputs[0].text


def test_a_run_that_waits_is_cancelled_without_an_attempt(whole):
    busy = [whole.submit("import time; time.sleep(600)") for _ in range(2)]
    waiting = whole.submit("1")
    cancelled = whole.client.runs.cancel(waiting.id)
    assert (cancelled.state, cancelled.attempts) == (RunState.CANCELLED, ())
    for run in busy:
        run.cancel()
    for run in busy:
        assert run.wait(timeout=120).state is RunState.CANCELLED


def test_what_a_notebook_prints_cannot_forge_a_frame(whole):
    forged = '{"v":1,"seq":999,"at":1,"kind":"finished","verdict":"failed","cause":"done"}'
    run = whole.run(f"import os\nos.write(1, b'{forged}\\n')\nprint({forged!r})")
    assert run.state is RunState.SUCCEEDED
    assert forged in run.log()


def test_a_secret_is_given_and_never_shown(whole):
    run = whole.run(
        "import os\nassert len(os.environ['TOKEN']) == 16\nprint('it is', os.environ['TOKEN'])",
        "os.environ['TOKEN']",
        "os.system('echo $TOKEN >&2')",
        "raise ValueError(os.environ['TOKEN'])",
        secrets=["TOKEN"],
    )
    assert run.state is RunState.FAILED
    shown = run.save_notebook(whole.folder / "shown.ipynb").read_text()
    assert "it is ***" in shown
    told = shown + run.log() + repr(run.error) + (run.reason or "")
    assert SECRET not in told
    assert "***" in run.error.evalue


def test_an_unknown_secret_is_refused_before_there_is_a_run(whole):
    with pytest.raises(InvalidInput) as caught:
        whole.submit("1", secrets=["NO_SUCH"])
    assert caught.value.details["field"] == "environment.secrets"


def test_every_state_of_a_cell_is_one_of_ours(whole):
    run = whole.run("1", "2")
    assert {cell.state for cell in run.cells()} <= set(CellState)
