"""Secrets in many shapes, cut anywhere: none gets through."""

from __future__ import annotations

import base64
import html
import json
import os
import shlex
import urllib.parse
from collections.abc import Callable

from hypothesis import example, given, settings
from hypothesis import strategies as st

from jupyter_batch.runner.escapes import unescaped
from jupyter_batch.runner.held import HeldStreams
from jupyter_batch.runner.masking import MASK, Masker
from tests.unit.runner.recorded import stream_of

#: How many secrets are made up; `make fuzz` says many.
_FUZZ = int(os.environ.get("JUPYTER_BATCH_FUZZ", "0"))
_many = settings(max_examples=_FUZZ or 1500)
_some = settings(max_examples=max(_FUZZ // 20, 300))

_ESCAPES: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "repr": lambda text: repr(text)[1:-1],
    "ascii": lambda text: ascii(text)[1:-1],
    "json": lambda text: json.dumps(text)[1:-1],
    "json, not only ascii": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "json for html": lambda text: (
        json.dumps(text)[1:-1]
        .replace("<", "\\u003c")
        .replace(">", "\\u003E")
        .replace("&", "\\u0026")
        .replace("'", "\\u0027")
    ),
    "json with slashes": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "all of json": lambda text: "".join(f"\\u{unit:04x}" for unit in _units(text)),
    "html": html.escape,
    "html without quotes": lambda text: html.escape(text, quote=False),
    "html by numbers": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "html by hex": lambda text: "".join(f"&#x{ord(char):X};" for char in text),
    "xml": lambda text: (
        html.escape(text, quote=False).encode("ascii", "xmlcharrefreplace").decode()
    ),
    "url": urllib.parse.quote,
    "url, all": lambda text: urllib.parse.quote(text, safe=""),
    "url, form": urllib.parse.quote_plus,
    "url, lower case": lambda text: _lower_percents(urllib.parse.quote(text, safe="")),
    "url, plain too": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "bytes": lambda text: repr(text.encode())[2:-1],
    "shell": lambda text: shlex.quote(text),
    "csv": lambda text: text.replace('"', '""'),
}
#: What leaves letters and digits as they are, and so can be undone where it is done to itself.
_REPEATED = sorted(
    set(_ESCAPES)
    - {"all of json", "html by numbers", "html by hex", "url, plain too", "shell", "csv"}
)
_CODES: dict[str, Callable[[bytes], str]] = {
    "base64": lambda data: base64.b64encode(data).decode(),
    "base64 for urls": lambda data: base64.urlsafe_b64encode(data).decode(),
    "base64 in lines": lambda data: base64.encodebytes(data).decode(),
    "hex": lambda data: data.hex(),
    "HEX": lambda data: data.hex().upper(),
}

#: Of what people use: tokens, passwords, addresses with a password, keys of several lines.
_TOKENS = st.text("abcdefXYZ0189_-.", min_size=8, max_size=50)
_PASSWORDS = st.text(
    st.characters(min_codepoint=32, max_codepoint=126), min_size=8, max_size=24
).filter(str.strip)
_WORLDLY = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=8, max_size=20
).filter(str.strip)
_KEYS = st.lists(st.text("ABCDabcd0189+/=", min_size=8, max_size=64), min_size=2, max_size=6).map(
    lambda lines: "-----BEGIN KEY-----\n" + "\n".join(lines) + "\n-----END KEY-----\n"
)
_URLS = st.tuples(_TOKENS, _PASSWORDS).map(lambda pair: f"postgres://{pair[0]}:{pair[1]}@db/x")
# Not such as are all marks of escapes: of them nothing is left once the escapes are undone.
SECRETS = st.one_of(_TOKENS, _PASSWORDS, _WORLDLY, _KEYS, _URLS).filter(
    lambda text: len(unescaped(text).strip()) >= 6
)
#: What stands around a secret; what would be part of an escape together with it does not.
_AROUND = st.sampled_from(["", " ", "\n", "token: ", "'", '"', "(", "<b>", "=", ",", "🙂", "ж"])


def _units(text: str) -> list[int]:
    data = text.encode("utf-16-be")
    return [int.from_bytes(data[at : at + 2], "big") for at in range(0, len(data), 2)]


def _lower_percents(text: str) -> str:
    parts = text.split("%")
    return parts[0] + "".join(f"%{part[:2].lower()}{part[2:]}" for part in parts[1:])


@given(SECRETS, st.sampled_from(sorted(_ESCAPES)), _AROUND, _AROUND)
@_many
@example("C:\\new\\table", "json", '"', '"')
@example("50%20off now", "url, all", "", "")
@example("tom &amp; jerry", "html", "<b>", "<")
@example("0000000\\", "all of json", "", "token: ")
@example("0000000\\", "html by numbers", "", "ж")
@example("\xa0\xa0¡\xa0\xa0\xa0\xa0À", "html by hex", "", "")
@example("backslash at the end\\", "json", "\\", "n")
def test_a_secret_is_masked_in_every_shape(secret, shape, before, after):
    shown = _ESCAPES[shape](secret)
    masked = Masker({"S": secret}).text(before + shown + after)
    # A quote before a secret that begins with the same quote may be one of a doubled one.
    may_be_doubled = before in {"'", '"'} and unescaped(shown).startswith(before)
    assert may_be_doubled or masked.startswith(before), masked
    assert _rest(masked.removeprefix(before), after) == "", masked


@given(SECRETS, st.lists(st.sampled_from(_REPEATED), min_size=2, max_size=3), _AROUND)
@_some
def test_a_secret_is_masked_however_often_it_is_escaped(secret, shapes, around):
    shown = secret
    for shape in shapes:
        shown = _ESCAPES[shape](shown)
    masked = Masker({"S": secret}).text(around + shown + around)
    assert MASK in masked
    assert unescaped(secret).strip() not in unescaped(masked)
    assert shown not in masked


@given(SECRETS, st.sampled_from(sorted(_CODES)), st.binary(max_size=4), st.binary(max_size=4))
@_many
def test_a_secret_is_masked_within_what_is_encoded(secret, code, before, after):
    if code == "base64 in lines":
        before = after = b""  # the lines of a file that is the secret
    data = before + secret.encode() + after
    masked = Masker({"S": secret}).text(f"x: {_CODES[code](data)} .")
    left = masked.replace(MASK, "").replace("\n", "")
    # Some bytes around it, in base64, and nothing of it.
    assert len(left) <= len("x:  .") + 2 * (len(before) + len(after)) + 4, masked


@given(SECRETS, st.sampled_from(sorted(_ESCAPES)), _AROUND, _AROUND, st.data())
@_many
def test_a_secret_that_is_cut_is_masked(secret, shape, before, after, data):
    shown = before + _ESCAPES[shape](secret) + after
    cuts = sorted(data.draw(st.lists(st.integers(0, len(shown)), min_size=1, max_size=4)))
    check_cuts(secret, shown, cuts)


def test_an_escape_in_an_escape_that_is_cut_is_masked():
    for secret in (
        "0000+%00",
        "\\0000000",
        "ab\\0000",
        "000\\x0000",
        "\\1000000",
        "abcd%20efgh",
        "tom &amp; jerry",
        "C:\\new\\table",
    ):
        for shape in (
            "html by numbers",
            "html by hex",
            "all of json",
            "url, plain too",
            "url, lower case",
        ):
            shown = _ESCAPES[shape](secret)
            for cut in range(1, len(shown)):
                check_cuts(secret, shown, [cut])


def check_cuts(secret, shown, cuts):
    """Checks that what is sent in pieces is masked as the whole is."""
    pieces = [shown[left:right] for left, right in zip([0, *cuts], [*cuts, None], strict=True)]
    masker = Masker({"S": secret})
    held = HeldStreams(masker)
    parts = []
    rest, log = "", ""
    for piece in pieces:
        ready, rest = masker.split(rest + piece)
        log += ready
        part, _ = held.take(0, stream_of(piece))
        parts.append(part)
    log += masker.text(rest)
    held.end(0)
    told = "".join(part.shown for part in parts)
    whole = masker.text(shown)
    assert log == whole
    assert told == whole


def _rest(masked: str, after: str) -> str:
    """Returns what is left of a masked secret besides quotes that were put around it."""
    assert MASK in masked
    return masked.removesuffix(after).replace(MASK, "").strip("'\\\n =")
