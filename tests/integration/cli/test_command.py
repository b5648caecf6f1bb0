from __future__ import annotations

import json
import signal

import nbformat
import pytest

PROCESS = ("--executor", "process")


def test_a_notebook_runs_with_nobody_there_before(fresh):
    path = fresh.notebook("print(title * count)", parameters="title: str = 'a'\ncount: int = 1")
    done = fresh(
        "run", path, *PROCESS, "-p", "title", "1", "-p", "count", "3",
        "--output", "out.ipynb", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    run = json.loads(done.stdout)
    assert (run["state"], run["parameters"]) == ("succeeded", {"title": "1", "count": 3})
    assert run["cells"]["done"] == run["cells"]["total"]
    assert "print(title * count)" in done.stderr
    executed = nbformat.read(fresh.folder / "out.ipynb", as_version=4)
    assert executed.cells[-1].outputs[0].text == "111\n"
    assert fresh.owner.kind == "on_demand"


def test_a_failure_is_exit_code_1_with_the_cell_and_a_partial_notebook(machine):
    path = machine.notebook("print('before')", "1/0", "print('never')")
    done = machine("run", path, *PROCESS, "--output", "out.ipynb")
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stdout
    assert "✗ failed" in done.stdout
    text = (machine.folder / "out.ipynb").read_text()
    assert "before" in text
    assert "ZeroDivisionError" in text


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("-p", "alpa", "1"), "parameters.alpa"),
        (("-p", "count", "many"), "parameters.count"),
        (("--executor", "rocket"), "environment.executor"),
        (("--timeout", "-1"), "timeout_seconds"),
        (("--memory", "0"), "environment.memory_bytes"),
    ],
)
def test_bad_input_is_exit_code_2_and_names_the_field(machine, arguments, field):
    path = machine.notebook("1", parameters="count: int = 1")
    done = machine("run", path, *PROCESS, *arguments, "--json")
    assert done.returncode == 2, done.stdout
    assert json.loads(done.stdout)["details"]["field"] == field
    assert machine.json("runs", "-q", path.stem)["items"] == []


def test_commands_that_start_at_once_find_one_owner(fresh):
    path = fresh.notebook("1")
    started = [fresh.start("submit", path, *PROCESS, "--json") for _ in range(4)]
    ended = [process.communicate(timeout=120) for process in started]
    assert [process.returncode for process in started] == [0] * 4, ended
    assert len(fresh.json("runs")["items"]) == 4


def test_a_run_is_listed_shown_exported_and_deleted(machine):
    source = "import os\nopen(os.environ['JUPYTER_BATCH_OUTPUT'] + '/a.txt', 'w').write('hi')"
    path = machine.notebook(source)
    run = machine.json("run", path, *PROCESS, "-q")
    assert run["id"][-8:] in machine("runs").stdout
    shown = machine("show", run["id"][-8:]).stdout
    assert "a.txt (2 B)" in shown
    assert "import os" in shown
    assert machine("export", "last", "-o", "x.html", "--artifacts", "files").returncode == 0
    assert (machine.folder / "files" / "a.txt").read_text() == "hi"
    assert "<html" in (machine.folder / "x.html").read_text()
    assert machine("logs", "last").returncode == 0
    assert machine("delete", "last").returncode == 0
    assert machine.json("runs", "-q", path.stem)["items"] == []


def test_an_interrupt_cancels_the_run(machine):
    path = machine.notebook("print('here')", "import time\ntime.sleep(600)")
    process = machine.start("run", path, *PROCESS, "--json")
    for line in process.stderr:
        if line.startswith("[2/2]"):
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert json.loads(out)["state"] == "cancelled"


def test_a_job_is_made_triggered_changed_and_deleted(machine):
    path = machine.notebook("print(n)", parameters="n: int = 1")
    made = machine.json("jobs", "create", path, "--name", "nightly", "-p", "n", "2", *PROCESS)
    assert made["parameters"] == {"n": 2}
    run = machine.json("jobs", "trigger", "nightly", "-p", "n", "3", "--wait")
    assert (run["state"], run["parameters"], run["job_id"]) == ("succeeded", {"n": 3}, made["id"])
    assert machine.json("jobs", "edit", "nightly", "-p", "n", "4")["parameters"] == {"n": 4}
    assert "nightly" in machine("jobs").stdout
    assert machine("jobs", "delete", "nightly").returncode == 0
    assert [item["job_id"] for item in machine.json("runs", "--job", made["id"])["items"]] == [
        made["id"]
    ]


def test_serve_takes_over_from_a_passing_owner_and_ends_when_it_is_told_to(fresh):
    fresh("runs")
    on_demand = fresh.owner
    assert on_demand.kind == "on_demand"
    serving = fresh.start("serve", "--json")
    told = json.loads(_object(serving.stdout))
    assert (fresh.owner.kind, fresh.owner.pid) == ("serve", told["pid"])
    assert fresh("serve", "--json").returncode == 2
    serving.send_signal(signal.SIGTERM)
    assert serving.wait(timeout=60) == 0, serving.stderr.read()
    serving.communicate()


def _object(lines):
    text = ""
    for line in lines:
        text += line
        if line.rstrip() == "}":
            return text
    raise AssertionError(f"no whole object: {text}")
