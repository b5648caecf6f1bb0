"""Lists that fetch pages as they are consumed."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from itertools import islice
from typing import Any, Generic, Protocol, TypeVar, overload

from jupyter_batch.client import html
from jupyter_batch.client.arguments.plain_values import scalar
from jupyter_batch.errors import BatchError, InvalidInput

#: Items on one page, and as many as a notebook shows of a list.
_PAGE = 200
_SHOWN = 20

T = TypeVar("T")
#: Returns a page after a cursor (None for the first) of at most so many, and the next cursor.
Fetch = Callable[[str | None, int], tuple[Sequence[T], str | None]]


class Show(Protocol):
    """Returns items as an HTML table."""

    def __call__(self, items: Sequence[Any], /) -> html.Html:
        """Returns the table."""


class PagedList(Generic[T]):
    """Items of a server, newest first, which are fetched page by page.

    It is not a list and has no length: ``list(...)`` fetches all items. ``[0]`` is the newest
    item, ``[:10]`` the ten newest. Each iteration requests the items again. ``async for`` works
    too and does not block the event loop.
    """

    def __init__(
        self,
        fetch: Fetch[T],
        *,
        what: str,
        show: Show,
        skip: int = 0,
        limit: int | None = None,
    ) -> None:
        self._fetch = fetch
        self._what = what
        self._show = show
        self._skip = skip
        self._limit = check_limit(limit)

    def __iter__(self) -> Iterator[T]:
        stop = None if self._limit is None else self._skip + self._limit
        return islice(self._items(), self._skip, stop)

    async def __aiter__(self) -> AsyncIterator[T]:
        import asyncio  # Only here: a script that starts one run should not wait for it.

        items = iter(self)
        while True:
            page = await asyncio.to_thread(lambda: list(islice(items, self._size())))
            for item in page:
                yield item
            if len(page) < self._size():
                return

    @overload
    def __getitem__(self, index: int) -> T: ...

    @overload
    def __getitem__(self, index: slice) -> PagedList[T]: ...

    def __getitem__(self, index: int | slice) -> T | PagedList[T]:
        """Returns the item of a place, or a part of the list."""
        if isinstance(index, slice):
            return self._part(index)
        place: int = scalar(index)
        if not _is_place(place):
            raise _no_index(index)
        for item in self._part(slice(place, place + 1)):
            return item
        raise IndexError(f"there are no {place + 1} {self._what}")

    def first(self) -> T | None:
        """Returns the newest item.

        Returns
        -------
        object or None
            The item; None if there is none.
        """
        return next(iter(self[:1]), None)

    def __repr__(self) -> str:
        return f"<{self._description()}; iterate, or take [0], [:10], list(...)>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Shows the newest in a terminal."""
        try:
            items = list(self[: _SHOWN + 1])
        except BatchError as error:
            printer.text(f"<{self._description()}: {error.message}>")
            return
        lines = [repr(item) for item in items[:_SHOWN]] or [f"no {self._what}"]
        if len(items) > _SHOWN:
            lines.append(f"… and more: list(...) has all, [:100] the 100 newest {self._what}")
        printer.text("\n".join(lines))

    def _repr_html_(self) -> str:
        """Shows the newest in a notebook."""
        try:
            items = list(self[: _SHOWN + 1])
        except BatchError as error:
            return html.box(self._description(), html.dim(error.message))
        if not items:
            return html.dim(f"no {self._what}")
        shown = self._show(items[:_SHOWN])
        if len(items) > _SHOWN:
            more = f"the {_SHOWN} newest; list(...) has all, [:100] the 100 newest"
            return html.joined(shown, html.dim(more))
        return shown

    def _description(self) -> str:
        what = f"{self._what}, newest first"
        return what if self._limit is None else f"{what}, at most {self._limit}"

    def _part(self, index: slice) -> PagedList[T]:
        start, stop = index.start or 0, index.stop
        if index.step not in (None, 1) or start < 0 or (stop is not None and stop < 0):
            raise _no_index(index)
        limit = None if stop is None else max(stop - start, 0)
        if self._limit is not None:
            left = max(self._limit - start, 0)
            limit = left if limit is None else min(limit, left)
        part: PagedList[T] = object.__new__(type(self))
        part.__dict__.update(self.__dict__, _skip=self._skip + start, _limit=limit)
        return part

    def _items(self) -> Iterator[T]:
        cursor: str | None = None
        while self._limit != 0:
            items, cursor = self._fetch(cursor, self._size())
            yield from items
            if cursor is None:
                return

    def _size(self) -> int:
        return _PAGE if self._limit is None else max(1, min(_PAGE, self._skip + self._limit))


def check_limit(limit: Any) -> int | None:
    """Returns a limit as it is; raises InvalidInput for what cannot be one."""
    limit = scalar(limit)
    if limit is not None and (
        isinstance(limit, bool) or not isinstance(limit, int) or not 1 <= limit <= sys.maxsize
    ):
        raise InvalidInput("limit is at least 1, or None for all", field="limit")
    own: int | None = limit
    return own


def _is_place(index: Any) -> bool:
    return isinstance(index, int) and not isinstance(index, bool) and index >= 0


def _no_index(index: object) -> InvalidInput:
    return InvalidInput(
        f"[{index if not isinstance(index, slice) else ':'}] is no place in a list that is fetched "
        "page by page, newest first: take [0], [:10], or list(...) and its places",
        field="index",
    )
