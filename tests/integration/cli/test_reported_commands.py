"""Command lines of the kinds that people report elsewhere as going wrong, each with its answer.

The notebooks of such kinds are in tests/e2e/whole/test_reported_notebooks.py.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from .conftest import JUPYTER_TOKEN, Machine

NEW_YORK = "America/New_York"
#: Opens the store's database as somebody would who looks at it by hand.
_HOLD = (
    "import duckdb, sys\nheld = duckdb.connect(sys.argv[1], read_only=True)\n"
    "print('open', flush=True)\nsys.stdin.read()"
)


def command(machine: Machine, *arguments: Any, **env: str) -> subprocess.CompletedProcess[str]:
    """Runs the command with other variables; an argument may be bytes that are no text."""
    return subprocess.run(
        [sys.executable, "-m", "jupyter_batch", *arguments],
        cwd=machine.folder,
        env={**machine.env, **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def is_one_line(text: str) -> bool:
    """Returns whether an error is one line, beside the one that names the field."""
    lines = [line for line in text.splitlines() if not line.startswith("  where: ")]
    return len(lines) == 1 and lines[0].startswith("error: ")


@pytest.mark.parametrize(
    ("machines_zone", "options", "first"),
    [
        # 18:00 in New York is 23:00 in UTC.
        ("UTC", ["--at", "2050-12-24T18:00", "--timezone", NEW_YORK], "2050-12-24T23:00:00Z"),
        ("Asia/Tokyo", ["--at", "2050-12-24T18:00", "--timezone", "UTC"], "2050-12-24T18:00:00Z"),
        (
            "UTC",
            ["--cron", "0 18 * * *", "--start", "2050-12-24T17:30", "--timezone", NEW_YORK],
            "2050-12-24T23:00:00Z",
        ),
    ],
    ids=["at", "at-elsewhere", "start"],
)
def test_a_local_time_is_of_the_zone_that_is_named(
    machine: Machine, machines_zone: str, options: list[str], first: str
):
    notebook = machine.notebook("1")
    name = f"{machine.folder.name}"
    made = command(machine, "schedule", notebook, "--name", name, *options, TZ=machines_zone)
    assert made.returncode == 0, made.stderr
    upcoming = machine.json("upcoming", name, "--count", "1")
    assert first in json.dumps(upcoming)
    assert machine("jobs", "delete", name).returncode == 0


def test_a_backfill_is_of_days_in_the_zone_of_the_schedule(machine: Machine):
    machine.notebook("1")
    name = machine.folder.name
    daily = ("--cron", "0 22 * * *", "--timezone", NEW_YORK, "--executor", "process")
    made = command(machine, "schedule", f"{name}.ipynb", "--name", name, *daily)
    assert made.returncode == 0, made.stderr
    days = ("--from", "2026-11-01", "--to", "2026-11-02")
    filled = command(machine, "backfill", name, *days, TZ="UTC")
    assert filled.returncode == 0, filled.stderr
    (run,) = machine.json("runs", "--job", name)["items"]
    assert run["scheduled_for"] == "2026-11-02T03:00:00Z"
    machine("jobs", "delete", name)


def test_who_holds_the_store_is_named_at_once(fresh: Machine):
    fresh.data.mkdir()
    assert fresh("runs").returncode == 0  # makes the store
    owner = fresh.owner
    fresh.end_owner()
    _until(lambda: not _is_there(owner.pid))
    records = fresh.data / "records.duckdb"
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(records)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        begun = time.monotonic()
        listed = fresh("runs")
        took = time.monotonic() - begun
        holder.communicate(b"")
    assert listed.returncode == 1
    assert is_one_line(listed.stderr), listed.stderr
    assert f"process {holder.pid} (" in listed.stderr
    # The start of an owner; it was a minute.
    assert took < 30
    assert fresh("runs").returncode == 0


def test_an_address_as_jupyter_prints_it_is_taken(start_jupyter):
    url = start_jupyter()
    for address in (
        ["--url", f"{url}lab?token={JUPYTER_TOKEN}"],
        ["--url", f"{url}tree/some%20folder/n.ipynb?token={JUPYTER_TOKEN}"],
        ["--url", f"{url}lab", "--token", JUPYTER_TOKEN],
        ["--url", f"{url}?token={JUPYTER_TOKEN}"],
    ):
        listed = start_jupyter.command("runs", *address, "--json")
        assert (listed.returncode, listed.stderr) == (0, ""), address
        assert json.loads(listed.stdout)["items"] == []
    for address in (["--url", f"{url}lab"], ["--url", f"{url}lab?token=another"]):
        refused = start_jupyter.command("runs", *address)
        assert refused.returncode == 2
        assert is_one_line(refused.stderr), refused.stderr
        assert "token" in refused.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "{notebook}", "-p", "s", b"\xff"],
        ["run", b"caf\xe9.ipynb"],
        ["run", "{notebook}", "--name", b"a\xffb"],
        ["run", "{notebook}", "--file", b"\xe9.csv"],
    ],
    ids=["value", "notebook", "name", "file"],
)
def test_what_is_not_utf_8_is_refused_in_one_line(machine: Machine, arguments: list[Any]):
    notebook = machine.notebook("s", parameters="s = 'x'")
    Path(os.fsdecode(os.fsencode(machine.folder) + b"/caf\xe9.ipynb")).write_bytes(
        notebook.read_bytes()
    )
    given = [str(notebook) if one == "{notebook}" else one for one in arguments]
    refused = command(machine, *given, "--executor", "process")
    assert refused.returncode == 2
    assert is_one_line(refused.stderr), refused.stderr


@pytest.mark.parametrize("text", ["day: 2024-02-30", "at: 2024-01-01 25:00:00", "a: [1, b: 2"])
def test_a_file_of_parameters_that_cannot_be_is_refused_in_one_line(machine: Machine, text: str):
    notebook = machine.notebook("day", parameters="day = '2024-01-01'")
    (machine.folder / "y.yaml").write_text(f"{text}\n")
    refused = machine("run", notebook, "-y", "y.yaml")
    assert refused.returncode == 2
    assert is_one_line(refused.stderr), refused.stderr
    assert "y.yaml" in refused.stderr


def test_the_summary_says_where_artifacts_were_saved(machine: Machine):
    notebook = machine.notebook(
        "import os; open(os.environ['JUPYTER_BATCH_OUTPUT'] + '/a.txt', 'w').write('x')"
    )
    kept = machine.folder / "kept"
    done = machine("run", notebook, "--executor", "process", "--artifacts", kept)
    assert done.returncode == 0, done.stderr
    told = done.stdout + done.stderr
    assert str(kept) in told
    assert "--artifacts" not in told  # no advice on how to save them
    assert (kept / "a.txt").read_text() == "x"


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _until(condition) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
