"""``jb.track``: makes the loop over items whose progress is recorded."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, Optional, TypeVar, Union

from ..errors import InvalidInput
from .context import spool
from .keys import Keys
from .tracking import Track

T = TypeVar("T")

#: How many trackers of each name this process has made.
_names: Dict[str, int] = {}


def track(
    iterable: Optional[Iterable[T]] = None,
    desc: Optional[str] = None,
    total: Optional[int] = None,
    leave: bool = True,
    *,
    name: Optional[str] = None,
    key: Union[str, Callable[[T], Any], None] = None,
    on_error: str = "raise",
    resume: bool = False,
    disable: bool = False,
    **tqdm_options: Any,
) -> Track[T]:
    """Yield items, count them and record the progress with the run.

    In a run, the record shows live how many items are done and failed, the rate and the remaining
    time. Outside a run a bar is displayed. An item is done when the loop requests the next one.
    It may be called as tqdm is: ``update()``, ``set_postfix()``, ``close()`` and the context
    manager work too.

    Parameters
    ----------
    iterable : iterable, optional
        The items. Without it, call ``update()``.
    desc : str, optional
        Name of the loop, as in tqdm.
    total : int, optional
        Number of items. Default: the length of ``iterable``, if it has one.
    leave : bool, default True
        If false, remove the bar at the end.
    name : str, optional
        Name of the loop. Default: ``desc``, else ``"items"``.
    key : str or callable, optional
        What identifies an item: a function of the item, or the name of a field. Default: the
        item itself if it is a text or a number, else its position.
    on_error : {"raise", "continue"}, default "raise"
        Whether the loop ends when an item fails. ``"continue"`` needs ``guard()`` in the body, or
        the work in the iterable.
    resume : bool, default False
        If true, a retry of the run skips the items that earlier attempts have done. After a kill
        at most the item in process is done twice.
    disable : bool, default False
        If true, record and display nothing.
    **tqdm_options : object
        Other options of tqdm, which have no effect.

    Returns
    -------
    Track
        The loop over the items.

    Raises
    ------
    InvalidInput
        ``on_error`` is not valid.

    Examples
    --------
    Continue where an earlier attempt stopped::

        for order in jb.track(orders, name="orders", key="id", resume=True):
            work(order)

    Continue after failed items, and fail at the end::

        orders = jb.track(orders, name="orders", on_error="continue")
        for order in orders:
            with orders.guard():
                work(order)
        orders.check()

        for result in jb.track(map(work, orders), total=len(orders), on_error="continue"): ...
    """
    if on_error not in ("raise", "continue"):
        raise InvalidInput(f"on_error is 'raise' or 'continue', not {on_error!r}", field="on_error")
    text = str(name if name is not None else desc or "items").strip().rstrip(":")[:200] or "items"
    keyed = resume or key is not None
    keys = Keys(key) if keyed else None
    # Later trackers of the same name are numbered, in the same way in each attempt.
    count = _names[text] = _names.get(text, 0) + 1
    return Track(
        iterable,
        name=text if count == 1 or spool() is None else f"{text} ({count})",
        total=total,
        keys=keys if spool() is not None else None,
        continues=on_error == "continue",
        resume=resume,
        disable=bool(disable),
        leave=bool(leave),
    )
