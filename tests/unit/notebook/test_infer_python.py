"""The parameters that are inferred from a cell in Python."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_batch.notebook.infer_python import CellSyntaxError, infer_python


def schemas(source: str) -> dict[str, dict[str, Any]]:
    return {parameter.name: parameter.schema for parameter in infer_python(source)}


@pytest.mark.parametrize(
    ("source", "schema"),
    [
        ("True", {"type": "boolean", "default": True}),
        ("10", {"type": "integer", "default": 10}),
        ("-1", {"type": "integer", "default": -1}),
        ("1e-3", {"type": "number", "default": 0.001}),
        ("'a' 'b'", {"type": "string", "default": "ab"}),
        ("f'plain'", {"type": "string", "default": "plain"}),
        ("None", {"default": None}),
        ("60 * 60", {"type": "integer", "default": 3600}),
        ("[]", {"type": "array", "default": []}),
        ("[1, 2.5]", {"type": "array", "items": {"type": "number"}, "default": [1, 2.5]}),
        ("(1, 'a')", {"type": "array", "items": {"type": ["number", "string"]}, "default": [1, "a"]}),
        ("{'b', 'a'}", {"type": "array", "items": {"type": "string"}, "default": ["a", "b"]}),
        ("[[1], [2]]", {"type": "array", "default": [[1], [2]],
                        "items": {"type": "array", "items": {"type": "number"}}}),
        ("{'lr': 1, 'm': None}", {"type": "object", "default": {"lr": 1, "m": None},
                                  "properties": {"lr": {"type": "number"}, "m": {}}}),
        ("dict()", {"type": "object", "default": {}}),
        ("date(2026, 1, 31)", {"type": "string", "format": "date", "default": "2026-01-31"}),
        ("Path('data') ", {"type": "string", "default": "data"}),
        ("float('nan')", {"type": "number", "$comment": "set in the notebook to: float('nan')"}),
        ("{1: 'a'}", {"type": "object", "$comment": "set in the notebook to: {1: 'a'}"}),
        ("b'x'", {"$comment": "set in the notebook to: b'x'"}),
        ("load('x')", {"$comment": "set in the notebook to: load('x')"}),
        ("f'{home}/x'", {"$comment": "set in the notebook to: f'{home}/x'"}),
    ],
)  # fmt: skip
def test_a_default_suggests_its_type(source, schema):
    assert schemas(f"x = {source}") == {"x": schema}


@pytest.mark.parametrize(
    ("annotation", "schema"),
    [
        ("int", {"type": "integer"}),
        ("float", {"type": "number"}),
        ("Any", {}),
        ("Optional[int]", {"type": ["integer", "null"]}),
        ("int | None", {"type": ["integer", "null"]}),
        ("'int | None'", {"type": ["integer", "null"]}),
        ("typing.Union[int, str]", {"type": ["integer", "string"]}),
        ("Literal['a', 'b']", {"type": "string", "enum": ["a", "b"]}),
        ("Optional[Literal['a']]", {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]}),
        ("list[int]", {"type": "array", "items": {"type": "integer"}}),
        ("t.Dict[str, float]", {"type": "object", "additionalProperties": {"type": "number"}}),
        ("tuple[int, ...]", {"type": "array", "items": {"type": "integer"}}),
        ("tuple[()]", {"type": "array", "maxItems": 0}),
        ("datetime.datetime", {"type": "string", "format": "date-time"}),
        ("date", {"type": "string", "format": "date"}),
        ("Annotated[int, 'how many']", {"type": "integer", "description": "how many"}),
        ("pd.DataFrame", {}),
        ("'not ( valid'", {}),
    ],
)  # fmt: skip
def test_an_annotation_without_a_value_is_required(annotation, schema):
    (parameter,) = infer_python(f"x: {annotation}")
    assert parameter.schema == schema
    assert parameter.is_required


def test_a_default_that_contradicts_its_annotation_widens_it():
    assert schemas("x: int = 'auto'\ny: str = None\nz: float = 1") == {
        "x": {"type": ["integer", "string"], "default": "auto"},
        "y": {"type": ["string", "null"], "default": None},
        "z": {"type": "number", "default": 1},
    }


def test_comments_describe():
    source = """
# ---- Settings ----

# How fast it learns.
# Between 0 and 1.
lr = 0.1
n = 5  # how many
# n = 6
m = 6
names = [  # not this
    "a",  # nor this
]  # whom to greet
count = 1  # type: float how many of it
quiet = True  # noqa: F841
"""
    found = schemas(source)
    assert found["lr"]["description"] == "How fast it learns. Between 0 and 1."
    assert found["n"]["description"] == "how many"
    assert "description" not in found["m"]
    assert found["names"]["description"] == "whom to greet"
    assert found["count"] == {"type": "number", "default": 1, "description": "how many of it"}
    assert "description" not in found["quiet"]


def test_several_targets_are_several_parameters():
    found = schemas("a, b = 1, 'x'\nc = d = 2\n(e, *f) = g()\n[h] = [True]")
    assert found == {
        "a": {"type": "integer", "default": 1},
        "b": {"type": "string", "default": "x"},
        "c": {"type": "integer", "default": 2},
        "d": {"type": "integer", "default": 2},
        "e": {},
        "f": {},
        "h": {"type": "boolean", "default": True},
    }


def test_what_the_cell_does_later_counts():
    found = schemas("""
n = 1
n += 1
again = 1
again = "two"
cfg = {"a": 1}
cfg["b"] = 2
read = {"a": 1}
one = read.get("a")
print(read)
if n > 1:
    maybe = 1
    again = 3
gone = 1
del gone
base = 2
double = base * 2
def helper():
    n = 5
""")
    assert found["n"] == {"type": "integer", "default": 2}
    assert found["again"] == {}
    assert found["cfg"] == {"type": "object"}
    assert found["read"]["default"] == {"a": 1}
    assert found["double"]["default"] == 4
    assert not {"maybe", "gone", "helper"} & set(found)


def test_names_with_an_underscore_and_imports_are_no_parameters():
    assert list(schemas("import os\nfrom a import b\n_private = 1\npublic = 2")) == ["public"]


@pytest.mark.parametrize(
    "source",
    [
        "%matplotlib inline\nx = 1",
        "!pip install a \\\n  b\nx = 1",
        "%%time\nx = 1",
        "x = 1\nx?",
        "out = !ls\nx = 1",
        "if True:\n    %cd /\nx = 1",
    ],
)
def test_magics_do_not_break_reading(source):
    assert schemas(source)["x"] == {"type": "integer", "default": 1}


def test_a_cell_in_another_language_has_no_parameters():
    assert schemas("%%bash\nx=1") == {}


def test_a_syntax_error_names_its_line():
    with pytest.raises(CellSyntaxError) as caught:
        infer_python("a = 1\n%time\nb = = 2")
    assert caught.value.line == 3


@pytest.mark.parametrize(
    "source",
    [
        "x = 10 ** 10 ** 10",
        "x = 'a' * 10 ** 12",
        "x = '%1000000000d' % 1",
        "x = 1 << 10 ** 12",
        "x = [0] * 10 ** 10",
        "x = 'ab'\n" + "x = x + x\n" * 60,
        "x = 3\n" + "x *= x\n" * 60,
        "x = [1]\n" + "x = [x, x]\n" * 60,
        "x = 1 / 0",
        "x = int('9' * 5000)",
    ],
)
def test_hostile_arithmetic_is_left_alone(source):
    (parameter,) = infer_python(source)
    assert "default" not in parameter.schema


def test_odd_escapes_warn_nobody():
    assert schemas(r"x = '\d'")["x"]["default"] == r"\d"


def test_values_are_told_as_long_as_there_is_room():
    cell = "\n".join(f"a{i} = 'x' * 100000" for i in range(100))
    found = {one.name: one.schema for one in infer_python(cell)}
    assert len(found) == 100
    assert len(found["a0"]["default"]) == 100_000
    assert "default" not in found["a99"]
    assert found["a99"]["$comment"] == "set in the notebook to: 'x' * 100000"


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ("%load x\na = 1", ["a"]),
        ('a = """\n%not a magic\n"""\n%x\nb = 1', ["a", "b"]),
        ("a = [\n'%',\n%x,\n]", None),
        ("a = '''it's \"\"\" so'''\n!ls\nb = 2", ["a", "b"]),
        ("a = 'it\\'s'  # ((('\n%x\nb = 1", ["a", "b"]),
        ("a = 1 + \\\n2\n%x\nb = 1", ["a", "b"]),
        ("a = {'k': (1,\n2)}\n?help\nb = !ls", ["a", "b"]),
        ('a = f\'{1}\'; b = "x""y"\n%x\nc = 1', ["a", "b", "c"]),
    ],
)
def test_magics_are_told_from_strings_and_brackets(source, names):
    if names is None:
        with pytest.raises(CellSyntaxError):
            infer_python(source)
    else:
        assert [one.name for one in infer_python(source)] == names
