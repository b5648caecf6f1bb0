"""A notebook that writes frames of its own, wherever it can reach the runner's output."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.slow

#: Writes a text to every descriptor of every other process that it can open; says to which.
_ATTACK = """
import glob, json, os, time

def attack(frame, *, raw=None):
    line = raw if raw is not None else (json.dumps(frame) + "\\n").encode()
    hit = []
    for path in glob.glob("/proc/[0-9]*/fd/*"):
        pid = path.split("/")[2]
        if int(pid) == os.getpid():
            continue
        try:
            target = os.readlink(path)
            name = open(f"/proc/{pid}/cmdline", "rb").read()
        except OSError:
            continue
        is_ours = ATTEMPT in target or (target.startswith("pipe:") and "/proc/1/" in path)
        if not is_ours or not target.endswith(("stdout", "]")):
            continue
        try:
            fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_NONBLOCK)
            os.write(fd, line)
            os.close(fd)
            hit.append((path, target))
        except OSError:
            pass
    return hit
ATTEMPT = os.environ.get("JUPYTER_BATCH_ATTEMPT_DIR", "/no such folder")
head = {"v": 1, "at": time.time()}
"""
_FRAMES = {
    "a number that no store can hold": 'attack({**head, "seq": 2**62, "kind": "heartbeat", '
    '"memory_bytes": 1, "peak_memory_bytes": 1, "cpu_seconds": 1})',
    "a verdict": 'attack({**head, "seq": 7, "kind": "finished", "verdict": "succeeded", '
    '"cause": "done"})',
    "an artifact with a false size": 'attack({**head, "seq": 7, "kind": "artifact", '
    '"path": "x.bin", "data": "AAAA", "size": 2**40, "sha256": "0"})',
    "a time": 'attack({"v": 1, "at": 1e300, "seq": 7, "kind": "cell_finished", "cell": 0, '
    '"cell_type": "code", "source": "", "state": "succeeded", "started_at": 0, "finished_at": 0})',
}


@pytest.mark.parametrize("what", _FRAMES)
def test_a_forged_frame_ends_its_attempt_and_touches_nobody_elses(whole, what):
    forged = f"print('HIT', {_FRAMES[what]})\ntime.sleep(60)"
    run = whole.run(_ATTACK, forged, "raise ValueError('the truth')")
    assert run.state == "failed"
    assert "tampered" in (run.reason or ""), run.reason
    assert [one.path for one in run.artifacts] == []
    # Somebody else's run, at once and by the same owner.
    assert whole.run("print(6 * 7)").state == "succeeded"


def test_what_is_written_over_a_frame_does_not_change_the_verdict(whole):
    run = whole.run(_ATTACK, "attack(None, raw=b'no newline')", "raise ValueError('the truth')")
    assert run.state == "failed"
    assert "the truth" in (run.reason or ""), run.reason
    assert whole.run("print(6 * 7)").state == "succeeded"


def printed(run) -> str:
    assert run.state == "succeeded", run.reason
    return "".join(output.text for output in run.notebook().cells[0].outputs)


_LOOK = """
import glob, os
runners = []
for path in glob.glob("/proc/[0-9]*/cmdline"):
    pid = int(path.split("/")[2])
    words = open(path, "rb").read().split(b"\\0") if pid not in (1, os.getpid()) else []
    if any(b"jb-runner" in word for word in words) and b"-S" not in words:
        runners.append(pid)
found = {}
for pid in runners:
    for name in ("mem", "environ", "fd"):
        try:
            found[name] = os.listdir(f"/proc/{pid}/fd") if name == "fd" else bool(
                open(f"/proc/{pid}/{name}", "rb"))
        except PermissionError:
            found[name] = None
print("runners", len(runners))
print("open", sorted(name for name, value in found.items() if value is not None))
print("key", "frame_key" in repr(dict(os.environ)))
for fd in sorted(map(int, os.listdir("/proc/self/fd"))):
    try:
        print("own", os.readlink(f"/proc/self/fd/{fd}"))
    except OSError:
        pass
"""


def test_the_runner_is_out_of_reach_of_its_kernel(whole):
    if whole.executor == "process":
        pytest.skip("a notebook of the process executor is not isolated from anything")
    text = printed(whole.run(_LOOK))
    assert "runners 1" in text
    assert "open []" in text
    assert "key False" in text
    # Of the container's own pipes, the kernel has none.
    pipe = printed(whole.run("import os; print(os.readlink('/proc/1/fd/1'))")).strip()
    assert pipe.startswith("pipe:")
    assert pipe not in text
