"""Helpers of the benchmarks: an owner in a process of its own, pairs in turn, medians."""

from __future__ import annotations

import functools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import nbformat

from jupyter_batch.client import Client
from jupyter_batch.wire.owner import read_owner

ROOT = Path(__file__).parents[2]
#: The very versions that our own processes use.
_VERSIONS = [f"{name}=={version(name)}" for name in ("papermill", "ipykernel", "jupyter_client")]


class Owner:
    """A headless owner with a data folder of its own."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.folder = folder
        self.data = folder / "data"
        config = folder / "config"
        config.mkdir(parents=True, exist_ok=True)
        (config / "jupyter_server_config.json").write_text(json.dumps({"BatchExtension": settings}))
        self.env = {
            **os.environ,
            "JUPYTER_BATCH_DATA": str(self.data),
            "JUPYTER_CONFIG_DIR": str(config),
        }
        self.start()

    def start(self) -> None:
        """Starts the owner's process and waits for its address."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyter_batch.headless", "--data", str(self.data)],
            env=self.env,
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "owner.log").open("ab"),
        )
        while (owner := read_owner(self.data)) is None or owner.pid != self.process.pid:
            if self.process.poll() is not None:
                raise RuntimeError((self.folder / "owner.log").read_text())
            time.sleep(0.05)
        self.url, self.token = owner.url, owner.token
        self.client = Client(data_dir=self.data)

    def memory_bytes(self, what: str = "VmRSS") -> int:
        """Returns what the owner's process holds (VmRSS) or has held at most (VmHWM)."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(what):
                return int(line.split()[1]) * 1024
        raise RuntimeError(f"no {what}")

    def forget_peak(self) -> None:
        """Lets VmHWM begin anew with what the process holds now."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def close(self) -> None:
        """Ends the owner and lets go of the connections."""
        self.client.close()
        self.stop()

    def stop(self) -> None:
        """Ends the owner's process; the data stay."""
        self.process.terminate()
        self.process.wait(60)


@contextmanager
def owner(**settings: object) -> Iterator[Owner]:
    """Starts an owner, and ends it."""
    with tempfile.TemporaryDirectory(prefix="jb-bench-") as folder:
        running = Owner(Path(folder), **settings)
        try:
            yield running
        finally:
            running.close()


def notebook(path: Path, *sources: str) -> Path:
    """Writes a Python notebook of these code cells."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec}), path)
    return path


def seconds(work: Callable[[], object]) -> float:
    """Returns how long the work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def papermill(path: Path) -> Callable[[], object]:
    """Returns work that runs the papermill command on a notebook."""
    command = [_papermill(), path, path.with_suffix(".out.ipynb")]
    return lambda: subprocess.run(command, check=True, capture_output=True)


@functools.cache
def _papermill() -> Path:
    """Returns a papermill command in an environment with nothing else but a kernel.

    Beside jupyter_server and its extras papermill takes seconds longer to import; a comparison
    with that would flatter us.
    """
    folder = ROOT / ".cache" / "papermill"
    command = folder / "bin" / "papermill"
    if not command.exists():
        venv.create(folder, with_pip=True)
        install = [str(folder / "bin" / "python"), "-m", "pip", "install", "-q", *_VERSIONS]
        subprocess.run(install, check=True)
        # As an installed environment is: nothing is left to compile in the first rounds.
        subprocess.run([folder / "bin" / "python", "-m", "compileall", "-q", folder], check=False)
    return command


def side_by_side(
    title: str, works: dict[str, Callable[[], object]], *, rounds: int, warm: int = 1
) -> dict[str, float]:
    """Does the works in turn, round by round, and prints medians and ratios to the first.

    The ratios are the medians of the ratios within each round, so that a machine that changes
    its speed in between does not change them.
    """
    for _ in range(warm):
        for work in works.values():
            work()
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            taken[name].append(seconds(work))
    first = next(iter(works))
    print(f"\n{title} ({rounds} rounds in turn)")
    ratios = {}
    for name, values in taken.items():
        pairs = [value / base for value, base in zip(values, taken[first], strict=True)]
        ratios[name] = statistics.median(pairs)
        print(
            f"  {name:<34} median {statistics.median(values):7.3f} s   "
            f"{min(values):7.3f} to {max(values):7.3f}   ratio {ratios[name]:5.2f}",
            flush=True,
        )
    return ratios
