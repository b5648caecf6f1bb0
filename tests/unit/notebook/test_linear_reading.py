"""A parameters cell is read in time that grows as the cell does, whatever is in it."""

from __future__ import annotations

import time

import msgspec
import pytest

from jupyter_batch.notebook.infer_python import CellSyntaxError, infer_python

#: A cell of about so many parts.
CELLS = {
    "assignments": lambda n: "\n".join(f"a{i} = {i}" for i in range(n)),
    "annotated": lambda n: "\n".join(f"a{i}: int = {i}  # text {i}" for i in range(n)),
    "one line": lambda n: "; ".join(f"a{i} = {i}" for i in range(n)) + "  # " + "x" * n,
    "under a comment": lambda n: "# text\n" * n + "; ".join(f"a{i} = 1" for i in range(n)),
    "type comment": lambda n: (
        " = ".join(f"a{i}" for i in range(n)) + " = f()  # type: " + "Union[" + "int," * n + "int]"
    ),
    "one value": lambda n: " = ".join(f"a{i}" for i in range(n)) + " = [" + "1," * n + "]",
    "one text": lambda n: " = ".join(f"a{i}" for i in range(n)) + " = '" + "x" * n + "'",
    "one unknown": lambda n: " = ".join(f"a{i}" for i in range(n)) + " = f(" + "1," * n + ")",
    "tuples": lambda n: ",".join(f"a{i}" for i in range(n)) + " = " + "1," * n,
    "growing list": lambda n: "a = []\n" + "a += [1]\n" * n,
    "growing text": lambda n: "a = ''\n" + "a += 'xyz'\n" * n,
    "texts": lambda n: "\n".join(f"a{i} = 'x' * 100000" for i in range(n)),
    "looked up": lambda n: "a = 'x' * 1000\n" + "\n".join(f"b{i} = a + a" for i in range(n)),
    "magics": lambda n: "%load x\n" * n + "a = 1",
    "magics in a list": lambda n: "a = [\n" + "%x,\n" * n + "]",
    "shell": lambda n: "\n".join(f"a{i} = !ls" for i in range(n)),
    "blank lines": lambda n: "a = 1" + "\n" * n + "b = 2",
    "spaces": lambda n: "a = 1\n" + " " * n + "\nb =" + " " * n + "2",
    "equal signs": lambda n: "a = (" + "0 == \n" * n + "0)",
    "literals": lambda n: "a: Literal[" + ",".join(map(str, range(n))) + "] = 1",
    "typed literals": lambda n: (
        "=".join(f"a{i}" for i in range(n))
        + "=f()  # type: Literal["
        + ",".join(map(str, range(n)))
        + "]"
    ),
    "unions": lambda n: "a: Union[" + ",".join(f"Literal[{i}]" for i in range(n)) + "] = 1",
    "deleted": lambda n: "\n".join(f"a{i} = 1\ndel a{i}" for i in range(n)),
    "changed": lambda n: "a = {}\n" + "\n".join(f"a[{i}] = 1" for i in range(n)),
    "blocks": lambda n: "a = 1\n" + "if a:\n    a = 2\n" * n,
    "calls": lambda n: "a = []\na" + ".append(1)" * min(n, 80),
    "quotes": lambda n: "%x\na = '" + "\\'" * n + "'",
}


def seconds(source: str) -> float:
    """Returns how much of the processor reading takes; the least of three times."""
    found = []
    for _ in range(3):
        begun = time.process_time()
        try:
            infer_python(source)
        except CellSyntaxError:
            pass
        found.append(time.process_time() - begun)
    return min(found)


@pytest.mark.parametrize("make", CELLS.values(), ids=CELLS)
def test_four_times_the_cell_takes_about_four_times_as_long(make):
    """Growth with the square would take sixteen times as long."""
    few = seconds(make(1000))
    many = seconds(make(4000))
    assert many < 9 * few + 0.02


@pytest.mark.parametrize("make", CELLS.values(), ids=CELLS)
def test_what_is_told_of_a_cell_is_no_larger_than_it_may_be(make):
    try:
        found = infer_python(make(4000))
    except CellSyntaxError:
        return
    assert len(msgspec.json.encode(found)) < 12_000_000


def test_values_are_told_as_long_as_there_is_room():
    found = {one.name: one.schema for one in infer_python(CELLS["texts"](100))}
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
