"""README and docs say what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from jupyter_batch import errors
from jupyter_batch.domain.run import RunState
from jupyter_batch.domain.settings import Settings
from jupyter_batch.extension import BatchExtension

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = ROOT / "docs"


def _page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def test_the_readme_is_short():
    assert len(README.split()) <= 900


@pytest.mark.parametrize("name", Settings.__struct_fields__)
def test_every_setting_is_a_trait_that_says_what_it_means(name: str):
    # docs/reference/settings.md is made from the traits.
    assert len(BatchExtension.class_traits()[name].help.split()) >= 3


def test_every_state_is_explained():
    page = _page("explanation/states.md")
    assert [state for state in RunState if f"`{state}`" not in page] == []


def test_every_dependency_has_its_reason():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = text.split("dependencies = [", 1)[1].split("]", 1)[0]
    names = re.findall(r'"([a-zA-Z0-9_-]+)', block)
    reasons = _page("explanation/architecture.md").split("## Why each dependency is there", 1)[1]
    assert [name for name in names if name not in reasons] == []


def test_every_error_code_is_in_the_tree_of_the_module():
    tree = errors.__doc__ or ""
    codes = {
        value.code
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.BatchError)
    }
    assert sorted(code for code in codes - {"error"} if code not in tree) == []


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_links_inside_lead_somewhere(name: str):
    text = (ROOT / name).read_text(encoding="utf-8")
    targets = re.findall(r"\]\((?!https?://)([^)#]+)\)", text)
    assert [target for target in targets if not (ROOT / target).exists()] == []


def test_every_path_that_contributing_names_exists():
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:jupyter_batch|labextension-config|tests|docs)/[\w./-]*)`", text)
    assert len(named) > 20
    assert [one for one in named if not (ROOT / one).exists()] == []


def test_no_address_of_a_registry_and_no_path_of_a_machine():
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")]:
        assert re.findall(r"/(?:root|home)/\w+", page.read_text(encoding="utf-8")) == [], page
