"""The extension: each setting is a trait, and Jupyter finds and starts it."""

from __future__ import annotations

import ast
import inspect
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jupyter_server.extension.manager import ExtensionPackage
from traitlets import TraitError
from traitlets.config import Config

from jupyter_batch.domain import settings as settings_module
from jupyter_batch.domain.settings import Settings
from jupyter_batch.extension import BatchExtension, local_url

from .conftest import QuietServer

FIELDS = {field.name: field for field in msgspec.structs.fields(Settings)}


def _comments() -> dict[str, str]:
    """Returns the ``#:`` comment of each field, as one line."""
    source = inspect.getsource(settings_module)
    lines = source.splitlines()
    (cls,) = (n for n in ast.parse(source).body if isinstance(n, ast.ClassDef))
    comments = {}
    for node in cls.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            above: list[str] = []
            number = node.lineno - 2
            while lines[number].strip().startswith("#:"):
                above.insert(0, lines[number].strip().removeprefix("#:").strip())
                number -= 1
            comments[node.target.id] = " ".join(above)
    return comments


def _extension(**traits: Any) -> BatchExtension:
    return BatchExtension(config=Config({"BatchExtension": traits}))


@pytest.mark.parametrize("name", FIELDS)
def test_each_setting_is_a_trait_of_the_same_name_and_default(name: str):
    trait = BatchExtension.class_own_traits()[name]
    assert trait.metadata.get("config") is True
    field = FIELDS[name]
    if not field.required:
        default = getattr(_extension(), name)
        assert (tuple(default) if isinstance(default, list) else default) == field.default


@pytest.mark.parametrize("name", FIELDS)
def test_each_trait_is_explained_in_the_words_of_its_setting(name: str):
    said = BatchExtension.class_own_traits()[name].help
    assert said
    if _comments()[name]:
        assert said == _comments()[name]


def test_no_trait_is_without_a_setting():
    own = {name for name, trait in BatchExtension.class_own_traits().items() if trait.help}
    assert own - set(FIELDS) == {"owner_kind"}


def test_traits_become_settings(tmp_path: Path):
    extension = _extension(
        data_dir=str(tmp_path),
        root_dir="/srv",
        max_concurrent_runs=3,
        allowed_volumes=["/data/*"],
        default_timeout_seconds=60.0,
    )
    assert extension.batch_settings() == Settings(
        data_dir=str(tmp_path),
        root_dir="/srv",
        max_concurrent_runs=3,
        allowed_volumes=("/data/*",),
        default_timeout_seconds=60.0,
    )


@pytest.mark.parametrize(
    ("name", "value"), [("pull_policy", "sometimes"), ("max_pids", "many"), ("allow_gpus", 7)]
)
def test_a_setting_of_the_wrong_type_is_refused_at_the_start(name: str, value: Any):
    with pytest.raises(TraitError):
        _extension(**{name: value})


def test_jupyter_finds_the_extension():
    package = ExtensionPackage(name="jupyter_batch", enabled=True)
    assert package.validate()
    assert set(package.extension_points) == {"jupyter_batch"}


def test_the_package_tells_jupyter_to_load_it():
    folder = Path(settings_module.__file__).parents[2] / "labextension-config"
    (file,) = (folder / "jupyter_server_config.d").glob("*.json")
    enabled = json.loads(file.read_text())["ServerApp"]["jpserver_extensions"]
    assert enabled == {"jupyter_batch": True}


def test_importing_the_extension_loads_nothing_heavy():
    code = (
        "import sys, jupyter_batch.extension;"
        "print([m for m in ('duckdb', 'docker', 'papermill', 'nbconvert', 'httpx') if m in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("ip", "base_url", "start"),
    [
        ("127.0.0.1", "/", "http://127.0.0.1:"),
        ("0.0.0.0", "/user/ada/", "http://127.0.0.1:"),
        ("localhost", "/", "http://localhost:"),
    ],
)
def test_processes_of_this_machine_reach_the_server(ip: str, base_url: str, start: str):
    server = QuietServer(ip=ip, port=8888, base_url=base_url)
    assert local_url(server) == f"{start}8888{base_url}"
