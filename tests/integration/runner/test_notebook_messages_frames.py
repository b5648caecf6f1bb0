"""The frames of ``jb.current``, ``jb.record`` and ``jb.track``."""

from __future__ import annotations

import json
import os
import signal
import sys
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jupyter_batch.domain import frames

Start = Callable[..., Any]
IMPORT = "import jupyter_batch as jb\n"


def results(running: Any) -> dict[str, tuple[str, Any]]:
    """The results by name: type and value."""
    bodies: dict[str, str] = {}
    kinds: dict[str, str] = {}
    more = ""
    for frame in running.kinds(frames.Result):
        # One that has come whole before is replaced.
        bodies[frame.name] = (bodies[frame.name] if frame.name == more else "") + frame.body
        kinds[frame.name] = frame.type
        more = frame.name if frame.more else ""
    return {name: (kinds[name], json.loads(body)) for name, body in bodies.items()}


def done(running: Any, name: str) -> list[Any]:
    """The keys of done items."""
    found = [frame for frame in running.kinds(frames.Items) if frame.name == name]
    return [json.loads(key) for frame in found for key in frame.done]


def test_a_notebook_knows_its_run(start: Start):
    running = start(
        IMPORT + "me = jb.current()\n"
        "print(me.run_id, me.attempt_no, me.job_name, me.scheduled_for.isoformat(), me.parameters)\n"
        "(me.output / 'here.txt').write_text('x')",
        job_name="nightly",
        scheduled_for="2026-01-02T03:04:05Z",
        parameters={"alpha": 0.5},
    )
    assert running.wait().verdict == "succeeded"
    assert "r1 1 nightly 2026-01-02T03:04:05+00:00 {'alpha': 0.5}" in running.text(1)
    assert [frame.path for frame in running.kinds(frames.ArtifactChunk)] == ["here.txt"]


def test_records_come_typed_and_the_last_of_a_name_counts(start: Start):
    running = start(
        IMPORT + "jb.record(loss=0.5, epochs=3, ok=True, note='é', nothing=None)\n"
        "jb.record({'best of all': {'a': [1, float('nan')]}}, loss=float('inf'))"
    )
    assert running.wait().verdict == "succeeded"
    told = results(running)
    assert told["epochs"] == ("number", 3)
    assert told["ok"] == ("bool", True)
    assert told["note"] == ("text", "é")
    assert told["nothing"] == ("none", None)
    assert told["best of all"] == ("json", {"a": [1, None]})
    assert [f.body for f in running.kinds(frames.Result) if f.name == "loss"][-1] == '"Infinity"'
    assert "loss = 0.5" in "".join(op.body for op in running.ops())


def test_a_value_that_cannot_be_kept_says_what_can(start: Start):
    running = start(IMPORT + "jb.record(fine=1, bad=object())")
    finished = running.wait()
    assert finished.error is not None
    assert finished.error.ename == "InvalidInput"
    assert "pandas DataFrame" in finished.error.evalue
    assert results(running) == {}


def test_a_secret_is_masked_in_results_keys_and_errors(start: Start):
    running = start(
        IMPORT + "import os\nsecret = os.environ['TOKEN']\n"
        "jb.record(a=secret, b=[{'c': 'x' + secret}])\n"
        "t = jb.track([secret, 'fine'], name='items', resume=True, on_error='continue')\n"
        "for item in t:\n    with t.guard():\n        if item != 'fine': raise ValueError(item)",
        secrets={"TOKEN": "s3cret-value"},
    )
    assert running.wait().verdict == "succeeded"
    assert results(running) == {"a": ("text", "***"), "b": ("json", [{"c": "x***"}])}
    assert b"s3cret" not in b"".join(running.lines)


def test_scrapbook_and_old_papermill_records_are_understood(start: Start):
    running = start(
        "from IPython.display import display\n"
        "def glue(name, data, encoder):\n"
        "    display({f'application/scrapbook.scrap.{encoder}+json': {'name': name, 'data': data,"
        " 'encoder': encoder, 'version': 1}}, metadata={'scrapbook': {'name': name}}, raw=True)\n"
        "glue('score', 0.9, 'json'); glue('words', 'hi', 'text'); glue('list', [1], 'json')\n"
        "glue('frame', 'UEFSMQ==', 'pandas')\n"
        "display({'application/papermill.record+json': {'old': 1}}, raw=True)"
    )
    assert running.wait().verdict == "succeeded"
    assert results(running) == {
        "score": ("number", 0.9),
        "words": ("text", "hi"),
        "list": ("json", [1]),
        "frame": ("parquet", "UEFSMQ=="),
        "old": ("number", 1),
    }


def test_items_and_progress_are_told_in_few_frames(start: Start):
    running = start(IMPORT + "for n in jb.track(range(40_000), name='orders', resume=True): pass")
    assert running.wait().verdict == "succeeded"
    assert done(running, "orders") == list(range(40_000))
    progress = running.kinds(frames.ProgressFrame)
    assert progress[-1].data["processed"] == 40_000
    assert progress[-1].data["total"] == 40_000
    assert progress[-1].data["is_over"] is True
    assert len(running.frames) < 120


def test_failed_items_are_told_and_the_loop_goes_on(start: Start):
    running = start(
        IMPORT + "rows = [{'id': n} for n in range(5)]\n"
        "orders = jb.track(rows, desc='orders', key='id', on_error='continue')\n"
        "for row in orders:\n    with orders.guard():\n        1 / (row['id'] - 2)\n"
        "for value in jb.track(map(int, ['1', 'x', '3']), name='ints', on_error='continue'):\n"
        "    print(value)\n",
        IMPORT + "orders.check()",
    )
    finished = running.wait()
    assert (finished.cell, finished.error and finished.error.ename) == (1, "ItemsFailed")
    assert done(running, "orders") == [0, 1, 3, 4]
    failed = {f.name: f.failed[0] for f in running.kinds(frames.Items) if f.failed}
    assert (failed["orders"].key, failed["orders"].error) == (
        "2",
        "ZeroDivisionError: division by zero",
    )
    assert failed["ints"].error.startswith("ValueError")
    assert "1\n3\n" in running.text(0)


def test_items_of_earlier_attempts_are_not_done_again(start: Start):
    running = start(
        IMPORT + "for n in jb.track(['a', 'b', 'b', 'c'], name='x', resume=True): print(n)\n"
        "for n in jb.track(['a', 'b'], name='x', resume=True): print('second', n)",
        attempt_no=2,
        done_items={"x": ['"a"', '"b"']},
    )
    assert running.wait().verdict == "succeeded"
    assert running.text(0) == "b\nc\nsecond a\nsecond b\n"
    assert running.kinds(frames.ProgressFrame)[-1].name == "x (2)"
    last = [f.data for f in running.kinds(frames.ProgressFrame) if f.name == "x"][-1]
    assert (last["processed"], last["skipped"]) == (2, 2)


def test_what_was_said_before_the_kernel_was_killed_is_told(start: Start):
    running = start(
        IMPORT + "import os, signal\njb.record(before=1)\n"
        "for n in jb.track(range(1000), name='x', resume=True):\n"
        "    if n == 700: os.kill(os.getpid(), signal.SIGKILL)"
    )
    finished = running.wait()
    assert finished.cause == "kernel_died"
    assert results(running) == {"before": ("number", 1)}
    assert done(running, "x") == list(range(700))
    assert running.kinds(frames.ProgressFrame)[-1].data["processed"] == 700


def test_the_spool_outlives_a_killed_runner(start: Start, tmp_path: Path):
    kept = tmp_path / "kept"
    kept.mkdir()
    running = start(
        IMPORT + "import time\nfor n in jb.track(range(50), name='x', resume=True):\n"
        "    print('at', n, flush=True)\n    time.sleep(60 if n == 30 else 0)",
        environ={"JUPYTER_BATCH_KEPT": str(kept)},
    )
    running.until_output("at 30")
    running.signal(signal.SIGKILL)
    running.process.wait()
    lines = (kept / "spool").read_bytes().splitlines()
    keys = [json.loads(line)[2] for line in lines if line.startswith(b'["d"')]
    assert keys == list(range(30))


def test_nonsense_in_the_spool_breaks_nothing(start: Start):
    running = start(
        IMPORT + "import os\nspool = os.environ['JUPYTER_BATCH_SPOOL']\n"
        "with open(spool, 'ab') as file:\n"
        "    for line in [b'', b'nonsense', b'[]', b'{}', b'[\"d\"]', b'[\"p\",1,2]',\n"
        '                 b\'["result",1e300,"odd","number",1]\', b\'["result",1,"x","no",1]\',\n'
        "                 b'[\"f\",{},[],3]', b'[' * 3000, b'\\xff\\xfe']:\n"
        "        file.write(line + b'\\n')\n"
        "jb.record(after=1)"
    )
    assert running.wait().verdict == "succeeded"
    assert results(running) == {"odd": ("number", 1), "after": ("number", 1)}


def test_results_count_against_the_limit_of_outputs(start: Start):
    running = start(
        IMPORT + "jb.record(small=1)\njb.record(large='x' * 50_000)", max_output_bytes=20_000
    )
    assert running.wait().verdict == "succeeded"
    assert results(running) == {"small": ("number", 1)}
    assert "result 'large' is left out" in running.log()


@pytest.fixture
def bare_python(tmp_path: Path) -> Path:
    """A Python with papermill and a kernel, and without jupyter_batch."""
    folder = tmp_path / "bare"
    venv.create(folder, symlinks=True, with_pip=False)
    site = next((folder / "lib").glob("python*")) / "site-packages"
    ours = next(Path(path) for path in sys.path if path.endswith("site-packages"))
    for entry in ours.iterdir():
        if "jupyter_batch" not in entry.name and entry.suffix != ".pth":
            os.symlink(entry, site / entry.name)
    return folder / "bin" / "python"


def test_an_image_without_the_package_gives_what_notebooks_need(
    start: Start, bare_python: Path, pyz: Path
):
    running = start(
        IMPORT + "print(jb.__file__, jb.current().run_id)\njb.record(x=1)\n"
        "for n in jb.track([1], name='x', resume=True): pass",
        "from jupyter_batch.errors import InvalidInput\nimport sys\n"
        "try:\n    jb.Client\nexcept ImportError as error:\n    print(error)",
        command=[str(bare_python), str(pyz)],
        environ={"PATH": f"{bare_python.parent}:{os.environ['PATH']}", "PYTHONPATH": ""},
    )
    assert running.wait().verdict == "succeeded", running.log()
    assert "shim/alone/jupyter_batch" in running.text(0)
    assert results(running) == {"x": ("number", 1)}
    assert done(running, "x") == [1]
