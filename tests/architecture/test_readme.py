"""README says what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jupyter_batch import errors
from jupyter_batch.domain.run import RunState
from jupyter_batch.domain.settings import Settings

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", Settings.__struct_fields__)
def test_every_setting_is_in_the_table(name: str):
    (row,) = [line for line in README.splitlines() if line.startswith(f"| `{name}` |")]
    meaning = row.split("|")[3]
    assert len(meaning.split()) >= 3


def test_every_state_is_explained():
    assert [state for state in RunState if f"`{state}`" not in README] == []


def test_every_dependency_has_its_reason():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = text.split("dependencies = [", 1)[1].split("]", 1)[0]
    names = re.findall(r'"([a-zA-Z0-9_-]+)', block)
    reasons = README.split("### Why each dependency is there", 1)[1].split("###", 1)[0]
    assert [name for name in names if name not in reasons] == []


def test_every_error_code_is_in_the_tree_of_the_module():
    tree = errors.__doc__ or ""
    codes = {
        value.code
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.BatchError)
    }
    assert sorted(code for code in codes - {"error"} if code not in tree) == []


def test_links_inside_lead_somewhere():
    targets = re.findall(r"\]\((?!https?://)([^)#]+)\)", README)
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_no_address_of_a_registry_and_no_path_of_a_machine():
    assert re.findall(r"/(?:root|home)/\w+", README) == []
