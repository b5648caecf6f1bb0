"""The public Python API is documented: each parameter, what is returned, and what is raised."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from numpydoc.docscrape import get_doc_object
from numpydoc.validate import Validator, validate

import jupyter_batch as jb
from jupyter_batch import errors, widgets
from jupyter_batch.client.jobs import Jobs
from jupyter_batch.client.runs import Runs
from jupyter_batch.client.sweeps import Sweeps

#: numpydoc's own rules, of which these are no fault of a docstring here: a summary may begin with
#: "Returns", and extended summaries, examples and references are written where they help.
_ALLOWED = {"SS05", "ES01", "SA01", "EX01", "GL01", "GL02", "RT01", "PR04"}
#: Classes that people construct; the others are returned by functions and methods.
_CONSTRUCTED = {jb.Client, jb.Table, jb.BatchError}
_COLLECTIONS = (Runs, Jobs, Sweeps)
_CLASSES = [
    *(kind for name in jb.__all__ if inspect.isclass(kind := getattr(jb, name, None))),
    *_COLLECTIONS,
    *(getattr(widgets, name) for name in widgets.__all__),
]
_FUNCTIONS = [
    value
    for name in jb.__all__
    if inspect.isfunction(
        value := inspect.getattr_static(jb, name, None) or getattr(jb, name, None)
    )
]
_ERRORS = [
    kind
    for kind in vars(errors).values()
    if inspect.isclass(kind) and kind.__module__ == errors.__name__
]


def _members(kind: type) -> Iterator[tuple[str, Any]]:
    """Yields the public members of a class that are written in this package."""
    for base in kind.__mro__:
        if base.__module__.startswith("jupyter_batch."):
            for name, member in vars(base).items():
                if not name.startswith("_"):
                    yield f"{base.__module__}.{base.__qualname__}.{name}", member


def _methods() -> dict[str, Callable[..., Any]]:
    found: dict[str, Callable[..., Any]] = {f"{f.__module__}.{f.__name__}": f for f in _FUNCTIONS}
    for kind in _CLASSES:
        for name, member in _members(kind):
            function = member.__func__ if isinstance(member, staticmethod) else member
            if inspect.isfunction(function):
                found[name] = function
    return found


def _properties() -> dict[str, property]:
    return {
        name: member
        for kind in _CLASSES
        for name, member in _members(kind)
        if isinstance(member, property)
    }


def _faults(name: str) -> list[str]:
    return [f"{code} {text}" for code, text in validate(name)["errors"] if code not in _ALLOWED]


METHODS, PROPERTIES = _methods(), _properties()


def test_the_public_api_is_found():
    assert len(_FUNCTIONS) >= 11
    assert {kind.__name__ for kind in _CLASSES} >= {"Client", "Run", "Job", "Sweep", "RunForm"}
    assert len(METHODS) > 90
    assert len(PROPERTIES) > 50


@pytest.mark.parametrize("name", sorted(METHODS))
def test_a_function_has_the_sections_it_needs(name: str):
    """Its parameters are those of its signature; it says what it returns or yields."""
    assert _faults(name) == []
    function = METHODS[name]
    doc = Validator(get_doc_object(Validator._load_obj(name)))
    packed = [p for p in inspect.signature(function).parameters.values() if p.kind is p.VAR_KEYWORD]
    assert not (packed and "RunOptions" in str(packed[0].annotation)), "use takes_options"
    returns = function.__annotations__["return"]
    if str(returns).startswith("Iterator["):
        assert doc.yields
    elif returns not in (None, "None"):
        assert doc.returns
    else:
        assert not doc.returns
        assert not doc.yields


@pytest.mark.parametrize("name", sorted(PROPERTIES))
def test_a_property_is_one_plain_sentence(name: str):
    text = inspect.getdoc(PROPERTIES[name]) or ""
    assert text[:1].isupper() or text.startswith("``")
    assert text.endswith(".")
    assert "\n" not in text


@pytest.mark.parametrize(
    "kind", list(dict.fromkeys([*_CLASSES, *_ERRORS])), ids=lambda k: k.__name__
)
# numpydoc looks at every attribute of a class, and ipywidgets has deprecated ones.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_class_says_what_it_is(kind: type):
    name = f"{kind.__module__}.{kind.__qualname__}"
    faults = _faults(name)
    if kind in _CONSTRUCTED or kind.__module__.startswith(widgets.__name__):
        assert faults == []
    else:
        assert [fault for fault in faults if not fault.startswith("PR")] == []


def test_each_option_is_documented():
    for name in ("run", "submit", "schedule", "sweep"):
        function = getattr(jb, name)
        text = inspect.getdoc(function) or ""
        for option in inspect.signature(function).parameters:
            assert f"\n{option} : " in text, (name, option)
        assert "**options" not in text


def test_a_missing_parameter_is_found(monkeypatch: pytest.MonkeyPatch):
    """The test above would not pass for a docstring that leaves something out."""
    module = importlib.import_module("jupyter_batch.client.shortcuts")
    bare = "Returns a run by its id.\n\nReturns\n-------\nRun\n    The run.\n"
    monkeypatch.setattr(module.get, "__doc__", bare)
    assert any("run_id" in fault for fault in _faults("jupyter_batch.client.shortcuts.get"))
