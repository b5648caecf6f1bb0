"""``jb.track``: a loop over items whose progress is on record and which a retry goes on with."""

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
from .encoding import unwrapped
from .keys import Keys

T = TypeVar("T")

#: Between two tellings of how far it is: on record, and on a bar.
_TELL_SECONDS = 0.5
_SHOW_SECONDS = 0.1
#: Failures that are told one by one; all are counted.
_TOLD_ERRORS = 200
#: An iterator that raises so often in a row is taken to raise for ever.
_MOST_RAISED = 1000

#: How many trackers of each name this process has made.
_names: Dict[str, int] = {}


class Track(Generic[T]):
    """An iterable that counts; see ``track``."""

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
        self._way: Optional[Spool] = None if disable else spool()
        self._bar = None if disable or self._way is not None else Bar(leave=leave)
        self._every = _TELL_SECONDS if self._way is not None else _SHOW_SECONDS
        self._began = time.monotonic()
        self._tell_at = 0.0
        self._key: Optional[str] = None
        self._in_item = self._has_failed = self._is_over = self._is_closed = False
        self._postfix = ""
        self._hook: Optional[Callable[[Any], None]] = None
        self._tell()
        self._watch_cell()

    def __iter__(self) -> Iterator[T]:
        if self._iterable is None:
            raise InvalidInput("there is nothing to iterate over; use update()", field="iterable")
        way, keys, done = self._way, self._keys, self._done
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
                if clock() >= self._tell_at:
                    self._tell()
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
        """Returns a context for the loop's body: with ``on_error="continue"`` an exception in it
        is counted and kept, and the loop goes on with the next item."""
        return _Guard(self)

    def fail(self, error: Union[BaseException, str]) -> None:
        """Counts the item at hand as failed; it is not done, and a retry does it again."""
        if isinstance(error, BaseException):
            error = f"{type(error).__name__}: {error}"
        if self._in_item and self._has_failed:
            return
        self._has_failed = True
        self.failed += 1
        if len(self.errors) < _TOLD_ERRORS:
            self.errors.append((self._key, error[:2000]))
            if self._way is not None:
                self._way.say("f", self.name, self._key, error[:2000])
        if time.monotonic() >= self._tell_at:
            self._tell()

    def check(self) -> None:
        """Raises ItemsFailed where an item has failed, so that the run fails and can be retried."""
        if self.failed:
            first = f"; the first: {self.errors[0][1]}" if self.errors else ""
            raise ItemsFailed(
                f"{self.failed} of {self._count} items of {self.name!r} have failed{first}",
                name=self.name,
                failed=self.failed,
            )

    def update(self, n: float = 1) -> None:
        """Counts so many more as done, without an iterable."""
        self.processed += int(n)
        if time.monotonic() >= self._tell_at:
            self._tell()

    def close(self) -> None:
        """Says how far it has come; called by itself at the end of the loop."""
        if self._is_closed:
            return
        if self._hook is not None:
            _unregister(self._hook)
            self._hook = None
        if self._iterable is None:
            self._is_over = True
        self._tell()
        self._is_closed = True
        if self._bar is not None:
            self._bar.close()

    @property
    def n(self) -> int:
        """How many are dealt with, as tqdm calls it."""
        return self._count

    @property
    def _count(self) -> int:
        return self.processed + self.failed + self.skipped

    def set_description(self, desc: Optional[str] = None, refresh: bool = True) -> None:
        """Does nothing but to be there for programs written for tqdm: the name stays."""

    def set_postfix(self, ordered_dict: Any = None, refresh: bool = True, **values: Any) -> None:
        """Shows values behind the bar."""
        pairs = {**dict(ordered_dict or {}), **values}
        self.set_postfix_str(", ".join(f"{name}={_shown(value)}" for name, value in pairs.items()))

    def set_postfix_str(self, s: str = "", refresh: bool = True) -> None:
        """Shows a text behind the bar."""
        self._postfix = s

    def refresh(self, *_: Any, **__: Any) -> None:
        """Tells and shows at once."""
        self._tell()

    @staticmethod
    def write(s: str, file: Any = None, end: str = "\n", nolock: bool = False) -> None:
        """Prints a line."""
        (file or sys.stdout).write(s + end)

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
        """Returns how far it is, as it goes on record."""
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

    def _tell(self) -> None:
        if self._is_closed:
            return
        self._tell_at = time.monotonic() + self._every
        if self._way is not None:
            self._way.say("p", time.time(), self.facts())
        elif self._bar is not None:
            self._bar.show({**self.facts(), "postfix": self._postfix})

    def _watch_cell(self) -> None:
        """Tells how far it has come when a cell ends, be it by an exception."""
        module = sys.modules.get("IPython")
        shell = module.get_ipython() if module is not None else None
        if shell is None or self._way is None:
            return

        def ended(result: Any = None) -> None:
            error = getattr(result, "error_in_exec", None)
            if error is not None and self._in_item:
                self.fail(error)
            self._tell()

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
    """Yields the items, counts them, and keeps with the run how far it is.

    ::

        for order in jb.track(orders, name="orders", key="id", resume=True):
            work(order)

    In a batch run, the run's record tells live how many are processed and failed, the rate and
    the time left; by hand a bar is shown. An item is done when the loop comes back for the next.

    ``resume=True``: items that earlier attempts of the run have done are not done again when the
    run is retried, by itself or by hand. Items are known by ``key``: a function of the item, or
    the name of a field; without it, texts and numbers stand for themselves and anything else by
    its position. Each key is on record before the next item begins, so that after a kill at most
    the one item in flight is done twice.

    ``on_error="continue"``: failed items are counted and kept, and the loop goes on. That needs
    the body in a guard, or the work in the iterable::

        orders = jb.track(orders, name="orders", on_error="continue")
        for order in orders:
            with orders.guard():
                work(order)
        orders.check()          # raises ItemsFailed, so that the run can be retried

        for result in jb.track(map(work, orders), total=len(orders), on_error="continue"): ...

    May be called as tqdm is: ``desc`` stands for ``name``, ``total``, ``leave``, ``disable``,
    ``update()``, ``set_postfix()``, ``close()`` and the context manager work, other options of
    tqdm are taken and have no effect.
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


def _length(iterable: Any) -> Optional[int]:
    try:
        return len(iterable)
    except (TypeError, AttributeError):
        return None


def _shown(value: Any) -> str:
    value = unwrapped(value)
    return f"{value:.3g}" if isinstance(value, float) else str(value)


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
