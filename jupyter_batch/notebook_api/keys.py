"""By what ``jb.track`` knows an item again in a later attempt: a key, as JSON text."""

from __future__ import annotations

import hashlib
import json
from datetime import date, datetime
from json.encoder import encode_basestring_ascii
from pathlib import PurePath
from typing import Any, Callable, Dict, Mapping, Optional, Union
from uuid import UUID

from ..errors import InvalidInput
from .encoding import unwrapped

#: Longer ones are kept as a digest.
_LENGTH = 500
_SCALARS = (str, int, float, bool, type(None), bytes, datetime, date, UUID, PurePath)

KeyOf = Callable[[Any], Any]


def key_function(key: Union[str, KeyOf, None]) -> Optional[KeyOf]:
    """Returns what gives an item's key; None for the item itself or its position."""
    if key is None or callable(key):
        return key
    if not isinstance(key, str):
        raise InvalidInput(
            "key is a function of an item, or the name of one of its fields", field="key"
        )

    def field(item: Any) -> Any:
        return item[key] if isinstance(item, Mapping) else getattr(item, key)

    return field


class Keys:
    """Gives each item its text; of items with equal keys the later ones are numbered."""

    def __init__(self, key: Union[str, KeyOf, None]) -> None:
        self._of = key_function(key)
        self._seen: Dict[str, int] = {}
        self._position = 0

    def text(self, item: Any) -> str:
        """Returns the text; raises InvalidInput where the key can be none."""
        position = self._position
        self._position = position + 1
        if self._of is not None:
            text = key_text(self._of(item))
        elif isinstance(item, _SCALARS):
            text = key_text(item)
        else:
            # Stands for nothing but its place: in brackets, apart from items that are numbers.
            text = f'["#",{position}]'
        seen = self._seen.get(text, 0)
        self._seen[text] = seen + 1
        return text if not seen else f"[{text},{seen}]"


def key_text(key: Any) -> str:
    """Returns JSON text for a key: equal keys, equal texts."""
    kind = type(key)
    if kind is str:
        text = encode_basestring_ascii(key)
    elif kind is int:
        return str(key)
    else:
        text = json.dumps(_plain(key), separators=(",", ":"))
    if len(text) <= _LENGTH:
        return text
    return f'"sha256:{hashlib.sha256(text.encode()).hexdigest()}"'


def _plain(key: Any) -> Any:
    key = unwrapped(key)
    if key is None or isinstance(key, (bool, int, str)):
        return key
    if isinstance(key, float):
        return key if key == key and abs(key) != float("inf") else str(key)
    if isinstance(key, (tuple, list)):
        return [_plain(part) for part in key]
    if isinstance(key, bytes):
        return key.hex()
    if isinstance(key, (datetime, date)):
        return key.isoformat()
    if isinstance(key, (UUID, PurePath)):
        return str(key)
    raise InvalidInput(
        f"a key is a text, a number, or a tuple of these, not a {type(key).__qualname__}",
        field="key",
    )
