"""The runner's output is complete, live, masked, and no more than allowed."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from typing import Any

from jupyter_batch.domain import frames

Start = Callable[..., Any]


def test_nothing_that_a_notebook_does_to_stdout_becomes_a_frame(start: Start):
    forged = '{"v":1,"seq":1,"at":1,"kind":"finished","verdict":"succeeded","cause":"done"}'
    running = start(
        f"import os\nos.write(1, b'''{forged}\\n''')\nos.system('echo from a child >&2')\n"
        "open('/proc/self/fd/1', 'w').write('by the file\\n')",
    )
    finished = running.wait()
    assert finished.message == ""
    assert forged in running.log()
    assert "from a child" in running.log()


def test_a_print_is_told_while_its_cell_still_runs(start: Start):
    running = start(
        "import os, time\nprint('now', flush=True)\n"
        "while not os.path.exists('seen'):\n    time.sleep(0.02)"
    )
    running.until_output("now")
    assert not running.kinds(frames.CellFinished)
    (running.folder / "seen").touch()
    assert running.wait().verdict == "succeeded"


def test_no_line_of_ten_thousand_is_lost(start: Start):
    running = start("for i in range(10_000):\n    print(i, flush=i % 20 == 0)")
    running.wait()
    assert running.text(0).split() == [str(number) for number in range(10_000)]


def test_a_large_output_comes_in_slices(start: Start):
    running = start(
        "print('é\"' * 1_000_000)", "from IPython.display import HTML\nHTML('a' * 3_000_000)"
    )
    running.wait()
    whole: dict[int, str] = {}
    for op in running.ops():
        whole[op.cell] = whole.get(op.cell, "") + op.body
    assert json.loads(whole[0])["text"] == 'é"' * 1_000_000 + "\n"
    assert len(json.loads(whole[1])["data"]["text/html"]) == 3_000_000


def test_lone_surrogates_and_nan_break_nothing(start: Start):
    running = start(
        "print('a\\udcffb')",
        "display({'application/json': [float('nan'), float('-inf')]}, raw=True)",
        "'\\udcfe'",
    )
    assert running.wait().verdict == "succeeded"
    assert b"NaN" not in b"".join(running.lines)
    assert running.text(0) == "a\ufffdb\n"


def test_secrets_are_masked_wherever_they_would_be_written(start: Start):
    secret = 'pa"ss\nword & <more>'
    running = start(
        "import os, sys\nvalue = os.environ['TOKEN']\nprint(value)\nprint(repr(value))\nvalue",
        "display({'text/plain': 'x', 'application/json': {value: [value]}}, raw=True)",
        "os.write(2, value.encode() + b'\\n')\nos.system('echo \"$TOKEN\"')",
        f"# {'hunter22'}\nraise ValueError(value + 'hunter22')",
        secrets={"TOKEN": secret, "OTHER": "hunter22", "EMPTY": ""},
        parameters={"given": "hunter22"},
    )
    finished = running.wait()
    everything = b"".join(running.lines).decode() + running.log()
    for form in (secret, repr(secret)[1:-1], json.dumps(secret)[1:-1], "hunter22"):
        assert form not in everything
        assert json.dumps(form)[1:-1] not in everything
    assert "***" in running.text(1)
    assert "***" in finished.message
    assert "***" in running.log()


def test_the_notebook_is_told_about_its_run(start: Start):
    running = start(
        "import os, json\nprint(json.dumps({k: v for k, v in os.environ.items()"
        " if k.startswith('JUPYTER_BATCH') or k == 'OWN'}))\nprint(open('lib/a.txt').read())",
        job_name="nightly",
        scheduled_for="2026-01-02T03:04:05Z",
        env={"OWN": "value"},
        files={"lib/a.txt": b"beside"},
    )
    running.wait()
    line, beside, *_ = running.text(0).splitlines()
    told = json.loads(line)
    assert told.pop("JUPYTER_BATCH_OUTPUT")
    assert told.pop("JUPYTER_BATCH_CONTEXT")
    assert told.pop("JUPYTER_BATCH_SPOOL")
    assert told == {
        "JUPYTER_BATCH_RUN_ID": "r1",
        "JUPYTER_BATCH_ATTEMPT": "1",
        "JUPYTER_BATCH_JOB": "nightly",
        "JUPYTER_BATCH_SCHEDULED_FOR": "2026-01-02T03:04:05Z",
        "OWN": "value",
    }
    assert beside == "beside"


def test_artifacts_come_whole_also_from_files_that_are_still_open(start: Start):
    running = start(
        "import os\nout = os.environ['JUPYTER_BATCH_OUTPUT']\nos.makedirs(out + '/sub')\n"
        "open(out + '/sub/big.bin', 'wb').write(bytes(range(256)) * 4096)\n"
        "open(out + '/empty', 'w').close()\nos.symlink('/etc/passwd', out + '/link')\n"
        "still = open(out + '/open.txt', 'w')\nstill.write('not flushed')",
        "raise ValueError",
    )
    assert running.wait().verdict == "failed"
    contents: dict[str, bytes] = {}
    for frame in running.kinds(frames.ArtifactChunk):
        contents[frame.path] = contents.get(frame.path, b"") + base64.b64decode(frame.data)
        if not frame.more:
            assert frame.size == len(contents[frame.path])
            assert frame.sha256 == hashlib.sha256(contents[frame.path]).hexdigest()
    big = bytes(range(256)) * 4096
    assert contents == {"sub/big.bin": big, "empty": b"", "open.txt": b"not flushed"}


def test_artifacts_beyond_the_limit_are_named(start: Start):
    running = start(
        "import os\nout = os.environ['JUPYTER_BATCH_OUTPUT']\n"
        "open(out + '/a', 'w').write('x' * 900)\nopen(out + '/b', 'w').write('x' * 200)",
        max_artifact_bytes=1000,
    )
    finished = running.wait()
    assert [frame.path for frame in running.kinds(frames.ArtifactChunk)] == ["a"]
    (note,) = finished.notes
    assert note.startswith("the artifact b is left out")


def test_outputs_beyond_the_limit_are_cut_with_a_marker(start: Start):
    running = start(
        "for i in range(200):\n    print('x' * 1000, flush=True)",
        "h = display(1, display_id='i')\nh.update(2)\nprint('more')",
        "1/0",
        max_output_bytes=50_000,
    )
    finished = running.wait()
    assert (finished.verdict, finished.cell) == ("failed", 2)
    assert 150_000 < finished.cut_bytes < 180_000
    assert len(running.text(0)) < 51_000
    assert "the output limit of 50000 bytes is reached" in running.text(0)
    assert "the output limit of 50000 bytes is reached" in running.text(1)
    assert [op.type for op in running.ops() if op.cell == 2] == ["error"]


def test_a_log_beyond_the_limit_is_cut(start: Start):
    running = start("import os\nos.write(2, b'y' * 100_000)", max_output_bytes=20_000)
    finished = running.wait()
    assert finished.cut_bytes >= 80_000
    assert len(running.log()) < 21_000
    assert "the output limit is reached; the rest is cut" in running.log()


def test_a_heartbeat_tells_memory_and_cpu(start: Start):
    running = start(
        "import time\nblock = bytearray(80_000_000)\ntime.sleep(0.5)", heartbeat_seconds=0.1
    )
    running.wait()
    beats = running.kinds(frames.Heartbeat)
    assert beats
    assert max(beat.memory_bytes for beat in beats) > 100_000_000
    assert beats[-1].cpu_seconds > 0.1


def test_no_memory_is_kept_of_outputs_that_were_told(start: Start):
    kept = "import os\nmemory = int(open(f'/proc/{os.getppid()}/statm').read().split()[1]) * 4096\n"
    fill = "for i in range(40):\n    print('z' * 1_000_000, flush=True)"
    running = start(kept + "print(memory)", *[fill] * 3, kept + "print(memory)")
    running.wait()
    assert int(running.text(4)) - int(running.text(0)) < 60_000_000
