"""Reads server-sent events as they come over the wire."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """One server-sent event."""

    event: str = "message"
    data: str = ""
    #: None where the event has no id of its own.
    id: str | None = None


#: What stands for a comment, by which a server with nothing to say keeps a stream alive.
ALIVE = Message(event="")


def read_messages(chunks: Iterable[bytes], *, alive: bool = False) -> Iterator[Message]:
    """Yields the events of a stream; what is unfinished at its end is no event, and is left out.

    With ``alive`` comments are told too, as ``ALIVE``.
    """
    event, id_ = "message", None
    data: list[str] = []
    for line in _lines(chunks):
        if not line:
            if data:
                yield Message(event=event, data="\n".join(data), id=id_)
            event, data, id_ = "message", [], None
            continue
        if alive and line.startswith(":"):
            yield ALIVE
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            data.append(value)
        elif name == "event":
            event = value
        elif name == "id":
            id_ = value


def _lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Splits at line feeds only: outputs may contain U+2028 and its kin, where others split too."""
    pending: list[bytes] = []
    for chunk in chunks:
        *whole, rest = chunk.split(b"\n")
        for part in whole:
            pending.append(part)
            yield b"".join(pending).removesuffix(b"\r").decode(errors="replace")
            pending.clear()
        if rest:
            pending.append(rest)
