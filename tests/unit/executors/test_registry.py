"""The declared facts about executors agree with their classes."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_batch.domain.environment import Environment
from jupyter_batch.domain.executor_kinds import (
    DOCKER,
    EXECUTOR_KINDS,
    EXECUTOR_OPTIONS,
    PROCESS,
    ExecutorKind,
    executor_help,
)
from jupyter_batch.domain.settings import Settings
from jupyter_batch.executors.registry import open_executor

kinds = pytest.mark.parametrize("kind", EXECUTOR_KINDS.values(), ids=EXECUTOR_KINDS)


@kinds
async def test_an_executor_is_of_the_kind_that_names_it(kind: ExecutorKind, tmp_path: Path):
    settings = Settings(data_dir=str(tmp_path), root_dir=str(tmp_path))
    executor = open_executor(kind, settings, runner=b"")
    assert executor.kind is kind
    assert executor.name == kind.name
    await executor.close()


@kinds
def test_options_are_fields_of_an_environment(kind: ExecutorKind):
    assert {*EXECUTOR_OPTIONS} <= {*Environment.__struct_fields__}
    declared = (*kind.options, *kind.unenforced, *kind.refused)
    assert sorted(declared) == sorted(EXECUTOR_OPTIONS)


def test_settings_begin_with_all_kinds():
    settings = Settings(data_dir="", root_dir="")
    assert settings.allowed_executors == (*EXECUTOR_KINDS,)
    assert settings.default_executor == DOCKER.name


def test_help_names_each_kind_and_what_it_is():
    assert PROCESS.refused == ("image", "volumes", "network")
    for kind in EXECUTOR_KINDS.values():
        assert f"{kind.name} ({kind.summary})" in executor_help()
