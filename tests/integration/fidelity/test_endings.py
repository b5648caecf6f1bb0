"""However a notebook ends, the runner leaves what papermill leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

CASES: list[Callable[[], dict[str, Any]]] = []


def notebook(*sources: str | tuple[str, str]) -> dict[str, Any]:
    """A notebook of code cells; a pair is a source and a tag."""
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "id": f"cell-{number}",
            "metadata": {} if isinstance(source, str) else {"tags": [source[1]]},
            "execution_count": None,
            "outputs": [],
            "source": source if isinstance(source, str) else source[0],
        }
        for number, source in enumerate(sources)
    ]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": spec}, "cells": cells}


def case(function: Callable[[], tuple[str | tuple[str, str], ...]]) -> None:
    def build() -> dict[str, Any]:
        return {"notebook": notebook(*function())}

    build.__name__ = function.__name__
    CASES.append(build)


@case
def an_exception_in_the_middle():
    return "print('before')", "x = 1\nraise ValueError('bad\\nvalue')", "print('never')"


@case
def a_nested_exception():
    return (
        "def f():\n    return {}['x']\ntry:\n    f()\nexcept KeyError as e:\n    raise OSError(28, 'No space left on device') from e",
    )


@case
def a_syntax_error():
    return "1", "def f(:\n  pass", "2"


@case
def an_expected_exception():
    return "1", ("1/0", "raises-exception"), "print('goes on')"


@case
def two_expected_exceptions():
    return ("1/0", "raises-exception"), ("[][1]", "raises-exception"), ("2", "raises-exception")


@case
def a_skipped_cell():
    return "x = 1", ("x = 2\n1/0", "skip-execution"), "x"


@case
def sys_exit_with_nothing():
    return "import sys\nprint('a')\nsys.exit()", "print('never')"


@case
def sys_exit_with_zero():
    return "import sys", "sys.exit(0)", "print('never')", "2"


@case
def sys_exit_with_three():
    return "import sys", "sys.exit(3)", "print('never')"


@case
def sys_exit_with_text():
    return "import sys", "sys.exit('enough')", "print('never')"


@case
def exit_as_ipython_has_it():
    # What follows it is executed, or not: the kernel ends a millisecond later.
    return "print('papermill goes on')", "exit()"


@case
def a_keyboard_interrupt():
    return "print('a')\nraise KeyboardInterrupt", "print('never')"


@case
def an_interrupt_of_itself():
    return (
        "import os, signal, time\ntry:\n    os.kill(os.getpid(), signal.SIGINT)\n    time.sleep(9)\n"
        "finally:\n    print('cleaned up')",
        "1",
    )


@case
def input_without_stdin():
    return ("input('name? ')", "raises-exception"), "import getpass\ngetpass.getpass()"


@case
def a_killed_kernel():
    return (
        "print('a')",
        "print('b', flush=True)\nimport time; time.sleep(.5)\nimport os; os.kill(os.getpid(), 9)",
        "1",
    )


@case
def magics():
    return (
        "%%capture kept\nprint('captured')",
        "kept.stdout",
        "%%bash\necho out\necho err >&2",
        "!echo shell",
        "files = !ls\nfiles",
        "%env SOME_NAME=value",
        "%pwd",
        "%%writefile made.txt\ntext",
        "%cat made.txt",
        "%who_ls",
        "%%sh\nexit 4",
    )


@case
def a_magic_that_is_none():
    return "%%nosuchmagic\nx", "1"


@case
def await_at_the_top():
    return (
        "import asyncio\nawait asyncio.sleep(0.01)\n'done'",
        "async def f():\n    return 5\nawait f()",
    )


@case
def history_and_results():
    return "1 + 1", "Out[1], _, In[1]", "print(__name__)", "x = 5; x", "x;"


@case
def own_tracebacks():
    return (
        "class E(Exception):\n    def _render_traceback_(self):\n        return ['own', 'lines']\n"
        "raise E('x')",
    )


@case
def a_warning_that_becomes_an_error():
    return (
        "import warnings\nwarnings.simplefilter('error')\nwarnings.warn('x', DeprecationWarning)",
        "1",
    )


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=[case.__name__ for case in CASES])
def test_the_end_is_that_of_papermill(case: Callable[[], dict[str, Any]], differences: Any):
    assert differences(case) == []
