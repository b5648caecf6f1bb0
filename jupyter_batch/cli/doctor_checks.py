"""The checks of ``doctor``; each checks one thing and gives advice."""

from __future__ import annotations

import importlib.metadata
import json
import os
import shlex
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec
from jupyter_core.paths import jupyter_config_path, jupyter_path

from jupyter_batch import __version__
from jupyter_batch.cli.subprocesses import ask
from jupyter_batch.client.arguments.units import size
from jupyter_batch.client.client import Client
from jupyter_batch.client.transport.discovery import LocalOwner
from jupyter_batch.domain.executor_kinds import DOCKER, PROCESS
from jupyter_batch.errors import BatchError, ImageNotFound

_PANEL = "jupyter-batch"
#: As the store calls it.
_UNEXPLAINED = "unexplained-outputs"
_LITTLE_SPACE = 1024**3
_NO_SPACE = 50 * 1024**2
_LIVE_RESTORE = (
    "what runs is lost when Docker itself is restarted, and goes on "
    "with '\"live-restore\": true' in its daemon.json"
)

Level = Literal["ok", "warn", "fail"]


class Diagnostic(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one check."""

    #: The subject of the check.
    what: str
    level: Level
    #: One sentence.
    message: str
    #: What to do; empty where nothing is.
    advice: str = ""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """The place that the checks examine."""

    data_dir: Path
    #: Makes a client of the owner; None where a server elsewhere is asked.
    connect: Callable[[], Client]


def all_diagnostics(place: Place) -> Iterator[Diagnostic]:
    """Yields the result of each check when it is done."""
    yield python_diagnostic()
    folder = folder_diagnostic(place.data_dir)
    yield folder
    health: dict[str, Any] | None = None
    if folder.level != "fail":
        finding, health = owner_diagnostic(place)
        yield finding
        if health is not None:
            yield outputs_finding(place)
        if health is not None:
            yield from secrets_diagnostics(place)
    yield from engine_findings(place.data_dir, health)
    yield extension_finding(jupyter_config_path())
    yield panel_finding(jupyter_path("labextensions"), jupyter_config_path())
    yield kernels_finding()


def python_diagnostic() -> Diagnostic:
    """Checks the installed packages."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    parts = [f"jupyter_batch {__version__}", f"Python {version}"]
    for name in ("papermill", "duckdb"):
        installed = _version(name)
        if installed is None:
            return Diagnostic(
                what="packages",
                level="fail",
                message=f"{name} is not installed",
                advice=f"pip install {name}",
            )
        parts.append(f"{name} {installed}")
    return Diagnostic(what="packages", level="ok", message=", ".join(parts))


def folder_diagnostic(folder: Path) -> Diagnostic:
    """Returns whether the data folder can be used."""
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    advice = "set JUPYTER_BATCH_DATA to a folder of yours"
    if not nearest.is_dir():
        return Diagnostic(
            what="data folder", level="fail", message=f"{nearest} is no folder", advice=advice
        )
    if not os.access(nearest, os.W_OK | os.X_OK):
        return Diagnostic(
            what="data folder", level="fail", message=f"{nearest} is not writable", advice=advice
        )
    if nearest == folder and _can_be_read_by_others(folder):
        return Diagnostic(
            what="data folder",
            level="fail",
            message=f"others on this machine can read {folder}, which has what notebooks print",
            advice=f"chmod 700 {shlex.quote(str(folder))}, or set JUPYTER_BATCH_DATA to a folder "
            "of yours",
        )
    free = shutil.disk_usage(nearest).free
    text = f"{folder}, {size(free)} free"
    if free < _LITTLE_SPACE:
        return Diagnostic(
            what="data folder",
            level="fail" if free < _NO_SPACE else "warn",
            message=text,
            advice="make room, or set JUPYTER_BATCH_DATA to a larger disk",
        )
    return Diagnostic(what="data folder", level="ok", message=text)


def owner_diagnostic(place: Place) -> tuple[Diagnostic, dict[str, Any] | None]:
    """Checks the owner of the store; starts an on-demand server if there is none."""
    found = LocalOwner(place.data_dir).find()
    try:
        health = place.connect().health()
    except BatchError as error:
        advice = "see the log that it names; 'jupyter batch doctor' again afterwards"
        return Diagnostic(what="owner", level="fail", message=error.message, advice=advice), None
    owner = health.get("owner", {})
    kinds = {"jupyter": "a Jupyter server", "serve": "jupyter batch serve"}
    who = kinds.get(
        str(owner.get("kind")), "an on-demand server" + ("" if found else ", just started")
    )
    runs = sum(health.get("runs", {}).values())
    noun = "run" if runs == 1 else "runs"
    message = f"{who} (process {owner.get('pid')}) answers; {runs} {noun} on record"
    if health.get("version") != __version__:
        return (
            Diagnostic(
                what="owner",
                level="warn",
                message=f"{message}; it is version {health.get('version')}",
                advice="restart it, so that both are of one version",
            ),
            health,
        )
    return Diagnostic(what="owner", level="ok", message=message), health


def secrets_diagnostics(place: Place) -> Iterator[Diagnostic]:
    """Say whether the file of secrets can be used, where there is one."""
    try:
        secrets = place.connect().secrets()
    except BatchError as error:
        advice = "mend the file that the setting secrets_file names"
        yield Diagnostic(what="secrets", level="fail", message=error.message, advice=advice)
        return
    names, weak = secrets.get("items", []), secrets.get("weak", {})
    if weak:
        text = "; ".join(f"{name}: {why}" for name, why in weak.items())
        advice = "give them longer values, or give them to runs as variables"
        yield Diagnostic(what="secrets", level="warn", message=f"weak: {text}", advice=advice)
    elif names:
        noun = "secret" if len(names) == 1 else "secrets"
        yield Diagnostic(what="secrets", level="ok", message=f"{len(names)} {noun}")


def outputs_finding(place: Place) -> Diagnostic:
    """Returns whether the outputs of all runs are there."""
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UserWarning)
            place.connect().sql_table("SELECT run_id FROM outputs LIMIT 0")
    except BatchError as error:
        return Diagnostic(what="outputs", level="fail", message=error.message)
    if caught:
        return Diagnostic(
            what="outputs",
            level="fail",
            message="\n".join(str(warning.message) for warning in caught),
            advice="put the files back from a backup; what else their runs have left is still there",
        )
    kept = place.data_dir / _UNEXPLAINED
    if kept.is_dir() and any(kept.iterdir()):
        return Diagnostic(
            what="outputs",
            level="warn",
            message=f"output files that no record explains were moved to {kept}",
            advice="look into them (they are DuckDB files), and delete the folder",
        )
    return Diagnostic(what="outputs", level="ok", message="all output files can be read")


def _can_be_read_by_others(folder: Path) -> bool:
    """Returns whether other users can read a folder; a parent folder may forbid it."""
    if not folder.stat().st_mode & 0o055:
        return False
    return all(parent.stat().st_mode & 0o011 for parent in folder.resolve().parents)


def engine_findings(data_dir: Path, health: dict[str, Any] | None) -> Iterator[Diagnostic]:
    """Say whether containers can be started, and of what image."""
    docker = (health or {}).get("executors", {}).get(DOCKER.name)
    if docker is None:
        try:
            docker = ask("health", data_dir=data_dir, on_progress=lambda *_: None)
        except BatchError as error:
            docker = {"ok": False, "message": error.message}
    if not docker["ok"]:
        yield Diagnostic(
            what="engine",
            level="fail",
            message=str(docker["message"]),
            advice="install and start Docker (Debian: apt-get install docker.io), or name a remote "
            f"engine in DOCKER_HOST; without one, use --executor {PROCESS.name} ({PROCESS.summary})",
        )
        return
    facts = docker.get("facts", {})
    # An engine that is in a swarm cannot be told to leave its containers alive.
    may_live_on = facts.get("live_restore") == "no" and facts.get("swarm") != "active"
    yield Diagnostic(
        what="engine",
        level="ok",
        message=str(docker["message"]),
        advice=_LIVE_RESTORE if may_live_on else "",
    )
    yield image_finding(data_dir, (health or {}).get("default_image"))


def image_finding(data_dir: Path, image: str | None) -> Diagnostic:
    """Returns whether the default image can run notebooks."""
    more = ["--image", image] if image else []
    try:
        report = ask("check", data_dir=data_dir, more=more, on_progress=lambda *_: None)["report"]
    except ImageNotFound as error:
        return Diagnostic(
            what="image",
            level="warn",
            message=error.message.partition(";")[0],
            advice="jupyter batch image build (or let the first run build it)",
        )
    except BatchError as error:
        return Diagnostic(
            what="image", level="fail", message=error.message, advice="jupyter batch image build"
        )
    kernels = ", ".join(report["kernels"])
    return Diagnostic(
        what="image",
        level="ok",
        message=f"{report['image']}: papermill {report['papermill']}, kernels: {kernels}",
    )


def extension_finding(config_path: list[str]) -> Diagnostic:
    """Returns whether Jupyter servers load the extension."""
    enabled: bool | None = None
    # The first folders win over the last.
    for folder in reversed(config_path):
        files = [*sorted(Path(folder, "jupyter_server_config.d").glob("*.json"))]
        for file in [*files, Path(folder, "jupyter_server_config.json")]:
            value = _read(file).get("ServerApp", {}).get("jpserver_extensions", {})
            enabled = value.get("jupyter_batch", enabled)
    if enabled:
        return Diagnostic(
            what="extension", level="ok", message="Jupyter servers load jupyter_batch"
        )
    return Diagnostic(
        what="extension",
        level="warn",
        message="Jupyter servers do not load jupyter_batch; this command works without",
        advice="jupyter server extension enable jupyter_batch",
    )


def panel_finding(labextensions: list[str], config_path: list[str]) -> Diagnostic:
    """Returns whether JupyterLab shows the panel."""
    lab = _version("jupyterlab")
    if lab is None:
        return Diagnostic(
            what="panel",
            level="warn",
            message="JupyterLab is not installed here; this command works without",
            advice="pip install jupyterlab",
        )
    where = [Path(folder, _PANEL) for folder in labextensions]
    if not any((path / "package.json").is_file() for path in where):
        return Diagnostic(
            what="panel",
            level="warn",
            message=f"JupyterLab {lab} has no panel of jupyter_batch",
            advice="install jupyter_batch from its wheel, or build the panel (see the README)",
        )
    for folder in config_path:
        disabled = _read(Path(folder, "labconfig", "page_config.json")).get("disabledExtensions")
        if isinstance(disabled, dict) and disabled.get(_PANEL):
            return Diagnostic(
                what="panel",
                level="warn",
                message="the panel is disabled in JupyterLab",
                advice=f"jupyter labextension enable {_PANEL}",
            )
    return Diagnostic(what="panel", level="ok", message=f"JupyterLab {lab} has the panel")


def kernels_finding() -> Diagnostic:
    """Checks the kernels of the process executor."""
    names = sorted(
        path.parent.name
        for folder in jupyter_path("kernels")
        for path in Path(folder).glob("*/kernel.json")
    )
    if not names and _version("ipykernel") is None:
        return Diagnostic(
            what="kernels",
            level="warn",
            message="there is no kernel here, so --executor process cannot run notebooks",
            advice="pip install ipykernel",
        )
    shown = ", ".join(dict.fromkeys(names)) or "python3"
    return Diagnostic(what="kernels", level="ok", message=f"on this machine: {shown}")


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _read(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
