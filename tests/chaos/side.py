"""The containers or processes of attempts, for the code that disturbs them."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

#: How long an attempt is waited for that one could do something to.
_FOR_A_TARGET = 4.0
#: For what can only be removed when an engine is back.
_CLEAN_SECONDS = 60.0


class Side(Protocol):
    """An engine and its containers, or processes of this machine."""

    #: What trouble can be made.
    kinds: tuple[str, ...]

    @property
    def settings(self) -> Mapping[str, Any]:
        """Settings of the servers."""

    def options(self, count: Path) -> Mapping[str, Any]:
        """Returns what runs need that count in a folder."""

    def start(self) -> None:
        """Starts it, at first and after a kill."""

    def kill(self) -> None:
        """Kills all of it at once."""

    def end_one(self, chance: random.Random) -> str | None:
        """Kills a container; returns the id of its run, None where there is none."""

    def kill_in_one(self, chance: random.Random, mark: str) -> str | None:
        """Kills a process of some run that has a mark in its command; returns the run's id."""

    def left(self) -> list[str]:
        """Returns what there is of attempts, in words."""

    def close(self) -> None:
        """Ends all of it."""


def awaited(find: Callable[[], str | None]) -> str | None:
    """Returns what is found once it is there, None where it does not come."""
    deadline = time.monotonic() + _FOR_A_TARGET
    while (found := find()) is None and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def leftovers(side: Side) -> list[str]:
    """Returns what stays, after what removes it has had its time."""
    deadline = time.monotonic() + _CLEAN_SECONDS
    while (found := side.left()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return found
