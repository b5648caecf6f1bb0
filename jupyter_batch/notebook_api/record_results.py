"""``jb.record``: values that stay with the run."""

from __future__ import annotations

import sys
import time
from typing import Any, Mapping, Optional

from ..errors import InvalidInput
from .context import spool
from .encoding import encoded, is_frame

_NAME_LENGTH = 200
_SHOWN = 200


def record(values: Optional[Mapping[str, Any]] = None, /, **named: Any) -> None:
    """Record values with the run, and display them.

    If a name is recorded again, the last value counts. NaN and infinities are kept as numbers;
    inside lists and mappings they become None. Outside a run the values are only displayed.
    ``jb.results(...)`` and ``run.results()`` read the values.

    Parameters
    ----------
    values : dict, optional
        Values by name, for names that are not Python identifiers.
    **named : object
        Values by name: numbers, texts, bools, None, dates, lists and mappings of these, NumPy
        scalars and arrays, pandas DataFrames and Series.

    Raises
    ------
    InvalidInput
        A value cannot be recorded. Then none is.
    TooLarge
        A value is larger than 4 MiB. Then none is recorded.

    Examples
    --------
    Record numbers, texts and a data frame::

        jb.record(loss=0.12, model="ridge", best={"alpha": 0.5}, scores=frame)
        jb.record({"a name with spaces": 1})
    """
    together = {**(values or {}), **named}
    for name in together:
        _check(name)
    told = {name: encoded(name, value) for name, value in together.items()}
    way = spool()
    if way is not None:
        at = time.time()
        for name, (kind, text) in told.items():
            head = f'["result",{at:.6f},{_quoted(name)},"{kind}",'
            way.write(f"{head}{text}]\n".encode("utf-8", "replace"))
    _show(together)


def _check(name: Any) -> None:
    if not isinstance(name, str) or not name.strip() or len(name) > _NAME_LENGTH:
        raise InvalidInput(
            f"{name!r} is no name of a result: it is a text of 1 to {_NAME_LENGTH} characters",
            field="name",
        )


def _quoted(text: str) -> str:
    import json

    return json.dumps(text)


def _show(values: Mapping[str, Any]) -> None:
    """Displays what has been recorded: scalars on a line each, frames as they are shown."""
    display = _display()
    for name, value in values.items():
        if is_frame(value) and display is not None:
            display({"text/plain": f"{name}:"}, raw=True)
            display(value)
            continue
        text = repr(value)
        line = f"{name} = {text if len(text) <= _SHOWN else text[:_SHOWN] + ' …'}"
        if display is not None:
            display({"text/plain": line}, raw=True)
        else:
            sys.stdout.write(line + "\n")


def _display() -> Any:
    """Returns IPython's display inside of a kernel; None in plain Python."""
    module = sys.modules.get("IPython")
    if module is None or module.get_ipython() is None:
        return None
    from IPython.display import display

    return display
