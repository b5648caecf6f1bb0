"""A field of a job is declared in few files, so that adding one is a small change."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from jupyter_batch.domain.job_fields import JobFields, JobSpec, RunFields
from jupyter_batch.wire.requests import JobBody

PACKAGE = Path(__file__).parents[2] / "jupyter_batch"
#: The domain, a service that acts on it, the client, the command line, and one more.
ALLOWED = 5
#: What callers of Python and of the command line say for a field of the wire.
CALLED = {
    "overlap_policy": "overlap",
    "timeout_seconds": "timeout",
    "run_timeout_seconds": "run_timeout",
    "queue_timeout_seconds": "queue_timeout",
}
#: Fields of these names are declared of many things: only classes and functions about jobs count.
COMMON = {*RunFields.__struct_fields__, "name", "description", "root", "environment", "source"}
COMMON |= {"max_concurrent", "retry"}
#: Functions with parameters for fields of a job.
_MAKERS = {"create", "put", "update"}
_BASES = {"RunFields", "JobFields", "JobSpec", "RunOptions", "ScheduleOptions", "JobOptions"}


def declared(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yields name and owner of what a module declares: fields, parameters, keys, options."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef():
                for part in node.body:
                    if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
                        yield part.target.id, node.name
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                if node.name in _MAKERS:
                    for argument in (*node.args.args, *node.args.kwonlyargs):
                        yield argument.arg, node.name
            case ast.Dict():
                for key in node.keys:
                    if isinstance(key, ast.Constant) and isinstance(key.value, str):
                        yield key.value, ""
            case ast.Call(func=ast.Attribute(attr="add_argument")):
                for option in node.args:
                    if isinstance(option, ast.Constant) and str(option.value).startswith("--"):
                        yield str(option.value)[2:].replace("-", "_"), ""


@cache
def places() -> dict[str, set[str]]:
    """Returns the files that declare each field of a job."""
    names = {CALLED.get(name, name): name for name in JobSpec.__struct_fields__}
    names |= {name: name for name in JobSpec.__struct_fields__}
    found: dict[str, set[str]] = defaultdict(set)
    for path in PACKAGE.rglob("*.py"):
        file = str(path.relative_to(PACKAGE))
        if file.startswith("testing/"):
            continue
        is_about_jobs = "job" in path.stem
        for name, owner in declared(ast.parse(path.read_text(encoding="utf-8"))):
            field = names.get(name)
            if field is None:
                continue
            if field not in COMMON or is_about_jobs or owner in _BASES or "Job" in owner:
                found[field].add(file)
    return found


@pytest.mark.parametrize("field", JobSpec.__struct_fields__)
def test_a_field_of_a_job_is_declared_in_few_files(field):
    files = sorted(places()[field])
    assert "domain/job_fields.py" in files
    assert len(files) <= ALLOWED


def test_the_body_of_a_job_inherits_its_fields():
    own = set(JobBody.__annotations__)
    assert issubclass(JobBody, JobFields)
    assert own == {"environment", "triggers", "retry"}, "declare a field in domain/job_fields.py"
