"""Notebooks of the kinds that people report elsewhere: the runner leaves what papermill leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

CASES: list[Callable[[], dict[str, Any]]] = []
PYTHON = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}


def notebook(*sources: str | tuple[str, str], **metadata: Any) -> dict[str, Any]:
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
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata or PYTHON, "cells": cells}


def case(function: Callable[[], dict[str, Any] | tuple[str | tuple[str, str], ...]]) -> None:
    def build() -> dict[str, Any]:
        made = function()
        return made if isinstance(made, dict) else {"notebook": notebook(*made)}

    build.__name__ = function.__name__
    CASES.append(build)


@case
def a_line_magic_that_is_none():
    return "%nosuchmagic", "print('after')"


@case
def a_usage_error_of_a_magic():
    return "1", "%run nosuch.py", "2"


@case
def an_exception_group():
    return (
        "raise ExceptionGroup('many', [ValueError(1), ExceptionGroup('in', [TypeError(2)])])",
        "1",
    )


@case
def an_exception_while_a_group_is_handled():
    return (
        "try:\n    raise ExceptionGroup('many', [ValueError(1)])\n"
        "except ExceptionGroup:\n    1 / 0",
    )


@case
def a_failure_after_an_expected_exception():
    return ("1/0", "raises-exception"), "print('on')", "[][1]", "never = 1"


@case
def a_magic_that_is_none_after_an_expected_exception():
    return ("1/0", "raises-exception"), "%nosuchmagic", "never = 1"


@case
def an_expected_magic_that_is_none():
    return ("%nosuchmagic", "raises-exception"), "print('on')"


@case
def an_expected_sys_exit():
    return ("import sys\nsys.exit(3)", "raises-exception"), "print('on')"


@case
def an_expected_exception_then_sys_exit():
    return ("1/0", "raises-exception"), "import sys\nsys.exit()", "never = 1"


@case
def a_slow_exit_hook():
    return ("import atexit, time\natexit.register(time.sleep, 1.5)\nprint('ok')",)


@case
def a_thread_that_outlives_the_last_cell():
    return ("import threading, time\nthreading.Thread(target=time.sleep, args=(1.5,)).start()\n1",)


@case
def files_written_beside_the_notebook():
    return (
        "import os\nopen('result.csv', 'w').write('a,b')\nos.makedirs('figs', exist_ok=True)",
        "sorted(os.listdir())",
    )


@case
def a_file_that_did_not_come_along():
    return "open('data/x.txt').read()", "1"


@case
def a_module_that_did_not_come_along():
    return "import no_such_helper", "1"


@case
def no_kernelspec_and_a_kernel_by_name():
    metadata = {"language_info": {"name": "python"}}
    return {"notebook": notebook("print('hi')", "1 / 0", **metadata), "kernel": "python3"}


@case
def the_kernel_of_a_virtual_environment_and_a_kernel_by_name():
    spec = {"name": "my-venv", "display_name": "my-venv", "language": "python"}
    return {"notebook": notebook("print('hi')", kernelspec=spec), "kernel": "python3"}


@case
def a_kernel_that_is_called_python():
    spec = {"name": "python", "display_name": "Python", "language": "python"}
    return {"notebook": notebook("print('hi')", kernelspec=spec)}


@case
def quit_at_the_end():
    return "print('a')", "quit"


@case
def exit_that_keeps_the_kernel():
    return "exit(keep_kernel=True)", "print('on')"


@case
def an_interrupt_that_is_caught():
    return (
        "import os, signal, time\ntry:\n    os.kill(os.getpid(), signal.SIGINT)\n    time.sleep(9)\n"
        "except KeyboardInterrupt:\n    print('caught')",
        "1",
    )


@case
def an_error_without_words():
    return "class E(Exception):\n    pass\nraise E", "1"


@case
def an_assertion():
    return "assert 1 == 2, {'a': 'b'}", "1"


@case
def errors_of_several_lines_and_colours():
    return "raise RuntimeError('\\x1b[31mred\\x1b[0m\\nsecond [/]\\n<b>third</b>')", "1"


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=[case.__name__ for case in CASES])
def test_the_notebook_is_that_of_papermill(case: Callable[[], dict[str, Any]], differences: Any):
    assert differences(case) == []
