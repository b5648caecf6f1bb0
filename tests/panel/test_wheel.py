"""The wheel brings the panel, the server's part and types to a machine without node."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from tests.panel.tools import ROOT, build_bundle


class Installed:
    """An environment with the wheel; what else it needs comes from the tests' environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "venv" / "bin" / "python"
        self._run(sys.executable, "-m", "venv", str(folder / "venv"))
        packages = Path(sysconfig.get_paths(vars={"base": str(folder / "venv")})["purelib"])
        # A path line, not a site folder: the editable package of the tests is not among them.
        (packages / "tests.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")

    def install(self, wheel: Path) -> None:
        """Installs the wheel with nothing else."""
        options = ["--no-deps", "--no-index", "--ignore-installed", "--quiet"]
        self.run("-m", "pip", "install", *options, str(wheel))

    def run(self, *arguments: str) -> str:
        """Runs the environment's Python where there is neither node nor any setting."""
        return self._run(str(self.python), *arguments)

    def _run(self, *command: str) -> str:
        own = {
            "PATH": str(self.folder / "venv" / "bin"),
            "HOME": str(self.folder / "home"),
            "LANG": os.environ.get("LANG", "C.UTF-8"),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=own,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The environment with the wheel of what stands here."""
    folder = tmp_path_factory.mktemp("wheel")
    build_bundle()
    build = ["-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run([sys.executable, *build], cwd=ROOT, check=True, capture_output=True)
    [wheel] = folder.glob("jupyter_batch-*.whl")
    environment = Installed(folder)
    environment.install(wheel)
    return environment


def test_it_is_the_wheel_that_is_looked_at(installed: Installed):
    place = installed.run("-c", "import jupyter_batch; print(jupyter_batch.__file__)")
    assert place.startswith(str(installed.folder)), place


def test_jupyterlab_has_the_panel_enabled(installed: Installed):
    said = installed.run("-m", "jupyterlab.labextensions", "list")
    [line] = [line for line in said.splitlines() if "jupyter-batch " in line]
    assert "enabled" in line, said
    assert "OK" in line, said
    assert str(installed.folder) in said


def test_the_server_has_its_part_enabled(installed: Installed):
    said = installed.run("-m", "jupyter_server.extension.serverextension", "list")
    [line] = [line for line in said.splitlines() if "jupyter_batch" in line and "enabled" in line]
    assert line
    assert any("jupyter_batch" in line and "OK" in line for line in said.splitlines()), said


def test_a_type_checker_of_a_user_sees_the_public_api(installed: Installed, tmp_path: Path):
    use = tmp_path / "use_the_api.py"
    shutil.copy(ROOT / "tests" / "integration" / "api" / "public_api.py", use)
    options = ["--strict", "--warn-unreachable", f"--cache-dir={tmp_path}"]
    installed.run("-m", "mypy", *options, str(use))
