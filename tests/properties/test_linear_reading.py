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
    """Returns how many seconds of the processor reading takes."""
    begun = time.process_time()
    try:
        found = infer_python(source)
    except CellSyntaxError:
        found = []
    taken = time.process_time() - begun
    assert len(msgspec.json.encode(found)) < 12_000_000
    return taken


@pytest.mark.parametrize("make", CELLS.values(), ids=CELLS)
def test_four_times_the_cell_takes_about_four_times_as_long(make):
    """Growth with the square of the size would take sixteen times as long."""
    few = min(seconds(make(1000)) for _ in range(2))
    # Another process may have slowed it down.
    assert any(seconds(make(4000)) < 9 * few + 0.02 for _ in range(3))
