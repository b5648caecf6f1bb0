"""The outputs of the runner are those of papermill."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

CASES: list[Callable[[], dict[str, Any]]] = []


def notebook(*sources: str) -> dict[str, Any]:
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "id": f"cell-{number}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": source,
        }
        for number, source in enumerate(sources)
    ]
    spec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": spec}, "cells": cells}


def case(function: Callable[[], tuple[str, ...]]) -> None:
    def build() -> dict[str, Any]:
        return {"notebook": notebook(*function())}

    build.__name__ = function.__name__
    CASES.append(build)


@case
def plain_text():
    return "print('one')\nprint('two', end='')", "1 + 1", "'a\\nb'", "None", "x = 3", "_"


@case
def html_latex_svg_markdown():
    return (
        "from IPython.display import *\nHTML('<b>bold</b>\\n<i>two</i>')",
        "display(Latex(r'$\\alpha$'), Markdown('# head\\n*x*'), Math('x^2'))",
        'SVG(\'<svg xmlns="http://www.w3.org/2000/svg"><rect width="1"/></svg>\')',
        "display(Javascript('1'), HTML('<table></table>', metadata={'isolated': True}))",
    )


@case
def png_and_jpeg():
    return (
        "from IPython.display import Image\nimport base64\n"
        "png = base64.b64decode('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9Q'"
        "'DwADhgGAWjR9awAAAABJRU5ErkJggg==')\nImage(png, width=10)",
        "display(Image(b'\\xff\\xd8\\xff\\xe0' + bytes(range(256)), format='jpeg'))",
    )


@case
def json_and_custom_mime():
    return (
        "from IPython.display import JSON, display\nJSON({'a': [1, None, {'b': 'ü'}]})",
        "display({'application/x-own+json': {'k': [1.5, True]}, 'text/plain': 'own'}, raw=True,"
        " metadata={'application/x-own+json': {'expanded': True}})",
        "display({'application/json': {'nan': float('nan'), 'inf': [float('inf')]},"
        " 'text/plain': 'x'}, raw=True)",
    )


@case
def unicode_and_emoji():
    return (
        "print('naïve — ελληνικά 中文 🎉👩‍👩‍👧 \\u202eabc \\u2028 \\x00 \\x7f')",
        "'\\U0001F600 \\x1b[31mred\\x1b[0m'",
        "from IPython.display import HTML\nHTML('<p>日本\\u00a0語</p>')",
    )


@case
def carriage_returns_and_backspaces():
    return ("for i in range(5):\n    print(f'\\r{i}%', end='', flush=True)\nprint('\\b\\bx')",)


@case
def very_long_lines():
    return "print('x' * 700_000)", "'y\"\\\\' * 200_000", "print('é' * 300_000)"


@case
def many_outputs():
    return ("for i in range(150):\n    display(i)\n    print(i, flush=True)",)


@case
def stdout_and_stderr_in_turn():
    return (
        "import sys\nfor i in range(20):\n    print('out', i, flush=True)\n"
        "    print('err', i, file=sys.stderr, flush=True)",
    )


@case
def warnings_and_logging():
    return (
        "import logging, warnings\nwarnings.warn('careful')\nlogging.warning('heard')\n"
        "logging.getLogger('x').error('bad %s', 1)",
    )


@case
def display_updates_in_a_cell():
    return (
        "from IPython.display import display\nh = display('a', display_id='one')\n"
        "print('between', flush=True)\nh.update({'text/plain': 'b'}, raw=True)\nh.update('c')",
    )


@case
def display_updates_of_earlier_cells():
    return (
        "from IPython.display import *\nh = display('first', display_id='shared')\ndisplay(1)",
        "display('again', display_id='shared')\nprint('x')",
        "h.update('changed in both')",
        "update_display('changed once more', display_id='shared')\nupdate_display(1, display_id='no')",
        "display('third', display_id='shared')\n1/0",
    )


@case
def clear_output_at_once():
    return (
        "from IPython.display import clear_output, display\nprint('gone', flush=True)\n"
        "display(1)\nclear_output()\nprint('kept')",
        "print('all gone', flush=True)\nclear_output()",
    )


@case
def clear_output_that_waits():
    return (
        "from IPython.display import clear_output\nfor i in range(5):\n    clear_output(wait=True)\n"
        "    print(i, flush=True)",
        "print('stays')\nclear_output(wait=True)",
        "print('a', flush=True)\nclear_output(wait=True)\n'result'",
        "print('b', flush=True)\nclear_output(wait=True)\n1/0",
    )


@case
def clear_output_and_display_ids():
    return (
        "from IPython.display import *\nh = display('one', display_id='x')\nclear_output()\n"
        "print('p', flush=True)\ndisplay('two', display_id='y')\nh.update('lost')",
        "update_display('two, changed', display_id='y')\nh.display('three')",
        "clear_output(wait=True)\nh.update('three, changed')\ndisplay('four', display_id='y')",
    )


@case
def widgets_and_their_state():
    return (
        "import ipywidgets as w\ns = w.IntSlider(value=3, description='n')\ns",
        "s.value = 7\nb = w.Button(description='go')\nw.HBox([s, b])",
        "p = w.IntProgress(max=10)\ndisplay(p)\nfor i in range(10):\n    p.value = i",
        "w.Image(value=b'\\x89PNG' + bytes(50), format='png')",
    )


@case
def output_widget_captures():
    return (
        "import ipywidgets as w\nfrom IPython.display import display, clear_output\no = w.Output()\no",
        "with o:\n    print('inside', flush=True)\n    display('rich')\nprint('outside')",
        "with o:\n    clear_output()\n    print('anew', flush=True)\nprint('after')",
        "@o.capture(clear_output=True, wait=True)\ndef f():\n    print('captured')\nf()\nf()",
        "o.append_stdout('more')\nwith o:\n    1/0\nprint('still here')",
    )


@case
def interact_runs_once():
    return ("from ipywidgets import interact\n@interact(x=(0, 5))\ndef f(x=2):\n    print('x', x)",)


@case
def threads_that_print():
    return (
        "import threading\ndef work():\n    for i in range(50):\n        print('t', i)\n"
        "t = threading.Thread(target=work)\nt.start()\nt.join()\nprint('main')",
    )


@case
def payloads_of_the_pager_and_of_load():
    return (
        "print?",
        "get_ipython().set_next_input('x = 1')\n5",
        "%%writefile piece.py\ny = 2\n",
        "%load piece.py",
        "from IPython.core import page\npage.page('paged text')",
    )


@case
def output_of_child_processes():
    return (
        "import os, subprocess, sys\nos.system('echo from the shell')",
        "subprocess.run(['sh', '-c', 'echo child'])\nNone",
        "print(subprocess.check_output(['echo', 'caught']))",
    )


@case
def reprs_that_fail():
    return (
        "class A:\n    def __repr__(self):\n        raise ValueError('no repr')\nA()",
        "class B:\n    def _repr_html_(self):\n        raise ValueError('no html')\n"
        "    def __repr__(self):\n        return 'B'\nB()",
        "class C:\n    def _repr_mimebundle_(self, **kw):\n"
        "        return {'text/plain': 'C', 'text/html': '<c/>'}, {'text/html': {'k': 1}}\nC()",
    )


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES, ids=[case.__name__ for case in CASES])
def test_outputs_are_those_of_papermill(case: Callable[[], dict[str, Any]], differences: Any):
    assert differences(case) == []
