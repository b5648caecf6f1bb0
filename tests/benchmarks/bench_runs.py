"""Whole runs, from the request to the committed end, against the papermill command."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.harness import Owner, notebook, owner, papermill, side_by_side

PRINTS = "import sys\nfor i in range(10_000):\n    print(i, flush=True)"
MEGABYTES = 100


def _run(owner: Owner, path: Path, executor: str):
    def work() -> None:
        run = owner.client.runs.submit(path, executor=executor, memory="4g").wait(timeout=600)
        if run.state != "succeeded":
            raise RuntimeError(f"{run.state}: {run.reason}")

    return work


def _compare(owner: Owner, title: str, path: Path, executors: list[str], rounds: int) -> None:
    works = {"papermill command": papermill(path)}
    works |= {f"run, executor {name}": _run(owner, path, name) for name in executors}
    side_by_side(title, works, rounds=rounds)


def main(executors: list[str], rounds: int = 7) -> None:
    """Prints the figures."""
    with owner(max_output_bytes=2**30) as running:
        folder = running.folder
        two = notebook(folder / "two.ipynb", "x = 20", "print(x + 1)")
        _compare(running, "cold run of a two-cell notebook", two, executors, rounds)
        many = notebook(folder / "many.ipynb", *(f"print({i})" for i in range(200)))
        _compare(running, "200 cells", many, executors, max(3, rounds // 2))
        prints = notebook(folder / "prints.ipynb", PRINTS)
        _compare(running, "10,000 flushed prints in a cell", prints, executors, max(3, rounds // 2))
        _check_lines(running, prints, executors[0])
    for name in executors:
        _large(name)


def _check_lines(running: Owner, path: Path, executor: str) -> None:
    run = running.client.runs.submit(path, executor=executor).wait(timeout=600)
    text = "".join(output.text for output in run.notebook().cells[0].outputs)
    lost = 10_000 - len(text.splitlines())
    print(f"  lines lost of 10,000: {lost}")


def _heard(owner: Owner, path: Path, executor: str):
    def work() -> None:
        run = owner.client.runs.submit(path, executor=executor, memory="4g")
        told = sum(
            len(op["body"])
            for event in run.follow()
            if event.kind == "output"
            for op in event.data["ops"]
        )
        if run.wait(timeout=600).state != "succeeded" or told < MEGABYTES * 2**20:
            raise RuntimeError(f"{run.state}: {run.reason}; {told} bytes were heard")

    return work


def _large(executor: str) -> None:
    """Records 100 MB of output, with a listener: how much an owner grows, against its size."""
    megabyte = "bytes(range(32, 127)).decode() * 11_038"
    prints = f"text = {megabyte}\nfor i in range({MEGABYTES}):\n    print(text)"
    one = (
        "from IPython.display import HTML\n"
        f"HTML('<!-- ' + 'x' * ({MEGABYTES} * 1024 * 1024) + ' -->')"
    )
    for title, source in ((f"{MEGABYTES} prints of 1 MiB", prints), ("one output", one)):
        # A fresh owner each, which does not yet hold what it will reuse.
        with owner() as running:
            _run(running, notebook(running.folder / "small.ipynb", "1"), executor)()
            path = notebook(running.folder / "large.ipynb", source)
            before = running.memory_bytes()
            running.forget_peak()
            side_by_side(
                f"100 MiB of output: {title}",
                {
                    "papermill command": papermill(path),
                    f"run, executor {executor}, listened to": _heard(running, path, executor),
                },
                rounds=1,
                warm=0,
            )
            grown = (running.memory_bytes("VmHWM") - before) / 2**20
        print(
            f"  the owner's memory grew by at most {grown:.0f} MiB "
            f"({grown / MEGABYTES:.2f} of the output)"
        )
