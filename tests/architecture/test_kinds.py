"""The kinds of executors, and those of triggers, are declared in one place each."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import get_args

import msgspec

from jupyter_batch.client.arguments.schedules import TRIGGER_OPTIONS, ScheduleOptions
from jupyter_batch.domain.executor_kinds import EXECUTOR_KINDS
from jupyter_batch.domain.schedule.trigger import TRIGGER_KINDS
from jupyter_batch.wire.schedules import AnyShape

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "jupyter_batch"
PANEL = ROOT / "labextension-config" / "src"


def test_only_the_registry_lists_the_kinds_of_executors():
    assert [*_listing(EXECUTOR_KINDS)] == ["jupyter_batch/domain/executor_kinds.py"]


def test_each_kind_of_executor_has_a_folder_and_no_folder_is_unknown():
    folders = {
        path.parent.name for path in (PACKAGE / "executors").glob("*/executor.py") if path.exists()
    }
    assert folders == {*EXECUTOR_KINDS}


def test_only_five_tables_list_the_kinds_of_triggers():
    # Their classes, their shapes on the wire, the options that make them, and the panel's table
    # and fields. Nothing else asks which kind a trigger is.
    assert [*_listing(TRIGGER_KINDS, in_texts=False)] == [
        "jupyter_batch/client/arguments/schedules.py",
        "jupyter_batch/domain/schedule/trigger.py",
        "jupyter_batch/wire/schedules.py",
        "labextension-config/src/model/triggerKinds.ts",
        "labextension-config/src/view/form/TriggerFields.tsx",
    ]


def test_only_the_module_of_the_triggers_asks_which_class_one_is():
    names = "|".join(kind.__name__ for kind in TRIGGER_KINDS.values())
    askers = [
        str(path.relative_to(PACKAGE))
        for path in sorted(PACKAGE.rglob("*.py"))
        if len({*re.findall(rf"\b(?:{names})\b", path.read_text("utf-8"))}) > 1
    ]
    assert askers == ["domain/schedule/trigger.py"]


def test_each_kind_of_trigger_has_a_shape_on_the_wire():
    shapes = {str(shape.__struct_config__.tag): shape for shape in get_args(AnyShape)}
    assert shapes.keys() == TRIGGER_KINDS.keys()
    for name, kind in TRIGGER_KINDS.items():
        assert shapes[name].__struct_fields__ == kind.__struct_fields__
        required = [field.name for field in msgspec.structs.fields(kind) if field.required]
        assert required == [f.name for f in msgspec.structs.fields(shapes[name]) if f.required]


def test_each_option_that_makes_a_trigger_is_an_option_of_schedules():
    assert TRIGGER_OPTIONS.keys() <= ScheduleOptions.__annotations__.keys()


def _listing(names: Iterable[str], *, in_texts: bool = True) -> Iterator[str]:
    """Yields the modules that name more than one kind: as values, or together in one text."""
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
        texts = [value for value in constants if isinstance(value, str)]
        if _lists(texts, {*names}, in_texts=in_texts):
            yield str(path.relative_to(ROOT))
    for path in sorted([*PANEL.rglob("*.ts"), *PANEL.rglob("*.tsx")]):
        words = re.findall(r"'([^'\n]*)'|^ +(\w+): (?=[A-Z{])", path.read_text("utf-8"), re.M)
        if path.name != "schema.ts" and _lists([*map("".join, words)], {*names}, in_texts=in_texts):
            yield str(path.relative_to(ROOT))


def _lists(texts: list[str], names: set[str], *, in_texts: bool) -> bool:
    if len(names.intersection(texts)) > 1:
        return True
    return in_texts and any(len(names.intersection(re.findall(r"\w+", text))) > 1 for text in texts)
