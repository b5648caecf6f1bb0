"""Removes control characters from texts of notebooks, users and engines in the log."""

from __future__ import annotations

import logging

from jupyter_batch.domain.plain_text import plain_line, plain_text

_OURS = "jupyter_batch"
_format = logging.Formatter().formatException


class PlainRecords(logging.Filter):
    """Shows each argument of a message in one line, so that none can forge a line of the log.

    The message itself is ours.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Cleans a record; lets every one pass."""
        if isinstance(record.args, tuple):
            record.args = tuple(map(_plain, record.args))
        if record.exc_info and record.exc_info[0] is not None and not record.exc_text:
            record.exc_text = plain_text(_format(record.exc_info))
        return True


def keep_logs_plain(*others: logging.Logger) -> None:
    """Cleans what all our loggers, and some others, write; doing it again changes nothing."""
    known = list(logging.root.manager.loggerDict)
    ours = [name for name in known if name == _OURS or name.startswith(f"{_OURS}.")]
    for logger in (*map(logging.getLogger, ours), *others):
        if not any(isinstance(one, PlainRecords) for one in logger.filters):
            logger.addFilter(PlainRecords())


def _plain(argument: object) -> object:
    return argument if isinstance(argument, int | float) else plain_line(str(argument))
