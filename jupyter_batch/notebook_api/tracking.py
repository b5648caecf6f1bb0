"""A loop over items whose progress is recorded, and which a retry continues."""

from __future__ import annotations

import sys
import time
from types import GeneratorType, TracebackType
from typing import (
    Any,
    Callable,
    Dict,
    Generic,
    Iterable,
    Iterator,
    List,
    Optional,
    Tuple,
    Type,
    TypeVar,
    Union,
)

from ..errors import InvalidInput, ItemsFailed
from .bars import Bar
from .context import Spool, done_items, spool
from .keys import Keys
from .tqdm_methods import TqdmMethods

T = TypeVar("T")

#: Between two tellings of how far it is: on record, and on a bar.
_TELL_SECONDS = 0.5
_SHOW_SECONDS = 0.1
#: Failures that are told one by one; all are counted.
_TOLD_ERRORS = 200
#: An iterator that raises so often in a row is taken to raise for ever.
_MOST_RAISED = 1000


class Track(TqdmMethods, Generic[T]):
    """An iterable that counts its items; see ``track``.

    Attributes
    ----------
    name : str
        Name of the loop.
    total : int or None
        Number of items; None if it is not known.
    processed : int
        Number of items that are done, without failed and skipped ones.
    failed : int
        Number of items that failed.
    skipped : int
        Number of items that were done in earlier attempts.
    errors : list of tuple
        The first 200 failures: key (JSON text or None) and error.
    """

    def __init__(
        self,
        iterable: Optional[Iterable[T]],
        *,
        name: str,
        total: Optional[int],
        keys: Optional[Keys],
        continues: bool,
        resume: bool,
        disable: bool,
        leave: bool,
    ) -> None:
        self._iterable = iterable
        self.name = name
        self.total = _length(iterable) if total is None else int(total)
        #: Done in here, without failures and what was done before.
        self.processed = 0
        self.failed = 0
        #: Done in earlier attempts, and so not done again.
        self.skipped = 0
        #: The first failures: key (as JSON text, or None) and error.
        self.errors: List[Tuple[Optional[str], str]] = []
        self._continues = continues
        self._keys = keys
        self._done = done_items(name) if resume else frozenset()
        self._spool: Optional[Spool] = None if disable else spool()
        self._bar = None if disable or self._spool is not None else Bar(leave=leave)
        self._every = _TELL_SECONDS if self._spool is not None else _SHOW_SECONDS
        self._began = time.monotonic()
        self._report_at = 0.0
        self._key: Optional[str] = None
        self._in_item = self._has_failed = self._is_over = self._is_closed = False
        self._postfix = ""
        self._hook: Optional[Callable[[Any], None]] = None
        self._report()
        self._watch_cell()

    def __iter__(self) -> Iterator[T]:
        if self._iterable is None:
            raise InvalidInput("there is nothing to iterate over; use update()", field="iterable")
        way, keys, done = self._spool, self._keys, self._done
        head = b'["d",' + _json(self.name) + b","
        clock, write = time.monotonic, way.write if way is not None else None
        try:
            for item in self._items():
                if keys is not None:
                    key = keys.text(item)
                    if key in done:
                        self.skipped += 1
                        continue
                    self._key = key
                self._in_item, self._has_failed = True, False
                yield item
                self._in_item = False
                if not self._has_failed:
                    self.processed += 1
                    if keys is not None and write is not None:
                        # On record before the next item begins.
                        write(head + key.encode() + b"]\n")
                if clock() >= self._report_at:
                    self._report()
            self._is_over = True
        finally:
            self.close()

    def _items(self) -> Iterator[T]:
        """Yields items; what the iterable raises counts as a failed item where that is wanted."""
        assert self._iterable is not None
        if not self._continues:
            yield from self._iterable
            return
        iterator, raised = iter(self._iterable), 0
        while True:
            try:
                item = next(iterator)
            except StopIteration:
                return
            except Exception as error:
                raised += 1
                # A generator is over once it has raised: going on would hide the rest.
                if isinstance(iterator, GeneratorType) or raised > _MOST_RAISED:
                    raise
                self._key = None
                self.fail(error)
                continue
            raised = 0
            yield item

    def guard(self) -> _Guard:
        """Returns a context manager for the body of the loop.

        With ``on_error="continue"`` an exception in the body is counted and recorded, and the loop
        continues with the next item.

        Returns
        -------
        context manager
            The guard of the current item.
        """
        return _Guard(self)

    def fail(self, error: Union[BaseException, str]) -> None:
        """Count the current item as failed, so that a retry processes it again.

        Parameters
        ----------
        error : Exception or str
            The reason.
        """
        if isinstance(error, BaseException):
            error = f"{type(error).__name__}: {error}"
        if self._in_item and self._has_failed:
            return
        self._has_failed = True
        self.failed += 1
        if len(self.errors) < _TOLD_ERRORS:
            self.errors.append((self._key, error[:2000]))
            if self._spool is not None:
                self._spool.send("f", self.name, self._key, error[:2000])
        if time.monotonic() >= self._report_at:
            self._report()

    def check(self) -> None:
        """Raise ItemsFailed if an item has failed, so that the run fails and can be retried.

        Raises
        ------
        ItemsFailed
            An item has failed.
        """
        if self.failed:
            first = f"; the first: {self.errors[0][1]}" if self.errors else ""
            raise ItemsFailed(
                f"{self.failed} of {self._count} items of {self.name!r} have failed{first}",
                name=self.name,
                failed=self.failed,
            )

    def update(self, n: float = 1) -> None:
        """Count items as done, without an iterable.

        Parameters
        ----------
        n : float, default 1
            Number of items.
        """
        self.processed += int(n)
        if time.monotonic() >= self._report_at:
            self._report()

    def close(self) -> None:
        """Report the final progress; the end of the loop calls it."""
        if self._is_closed:
            return
        if self._hook is not None:
            _unregister(self._hook)
            self._hook = None
        if self._iterable is None:
            self._is_over = True
        self._report()
        self._is_closed = True
        if self._bar is not None:
            self._bar.close()

    @property
    def n(self) -> int:
        """Number of items that are done, failed or skipped, as in tqdm."""
        return self._count

    @property
    def _count(self) -> int:
        return self.processed + self.failed + self.skipped

    def refresh(self, *_: Any, **__: Any) -> None:
        """Report and display the progress at once.

        Parameters
        ----------
        *_ : object
            Ignored, for compatibility with tqdm.
        **__ : object
            Ignored, for compatibility with tqdm.
        """
        self._report()

    def __len__(self) -> int:
        if self.total is None:
            raise TypeError("the number of items is not known")
        return self.total

    def __enter__(self) -> Track[T]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        of = f"/{self.total}" if self.total is not None else ""
        failed = f", {self.failed} failed" if self.failed else ""
        return f"<Track {self.name!r} {self._count}{of}{failed}>"

    def facts(self) -> Dict[str, Any]:
        """Returns the progress as it is recorded.

        Returns
        -------
        dict
            Name, counts, rate per second, elapsed and remaining seconds.
        """
        elapsed = time.monotonic() - self._began
        worked = self.processed + self.failed
        rate = worked / elapsed if elapsed > 0 and worked else None
        left = None if self.total is None else max(0, self.total - self._count)
        return {
            "name": self.name,
            "processed": self.processed,
            "failed": self.failed,
            "skipped": self.skipped,
            "total": self.total,
            "rate_per_second": None if rate is None else round(rate, 3),
            "eta_seconds": None if rate is None or left is None else round(left / rate, 1),
            "elapsed_seconds": round(elapsed, 3),
            "is_over": self._is_over,
        }

    def _report(self) -> None:
        if self._is_closed:
            return
        self._report_at = time.monotonic() + self._every
        if self._spool is not None:
            self._spool.send("p", time.time(), self.facts())
        elif self._bar is not None:
            self._bar.show({**self.facts(), "postfix": self._postfix})

    def _watch_cell(self) -> None:
        """Reports the progress when a cell ends, also by an exception."""
        module = sys.modules.get("IPython")
        shell = module.get_ipython() if module is not None else None
        if shell is None or self._spool is None:
            return

        def ended(result: Any = None) -> None:
            error = getattr(result, "error_in_exec", None)
            if error is not None and self._in_item:
                self.fail(error)
            self._report()

        try:
            shell.events.register("post_run_cell", ended)
        except (AttributeError, ValueError):
            return
        self._hook = ended


class _Guard:
    """Takes the exceptions of one item."""

    def __init__(self, tracker: Track[Any]) -> None:
        self._tracker = tracker

    def __enter__(self) -> None:
        """Begins."""

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> bool:
        if not isinstance(error, Exception):
            return False
        self._tracker.fail(error)
        return self._tracker._continues


def _length(iterable: Any) -> Optional[int]:
    try:
        return len(iterable)
    except (TypeError, AttributeError):
        return None


def _json(text: str) -> bytes:
    from json.encoder import encode_basestring_ascii

    return encode_basestring_ascii(text).encode()


def _unregister(hook: Callable[[Any], None]) -> None:
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    if shell is not None:
        try:
            shell.events.unregister("post_run_cell", hook)
        except ValueError:
            pass
