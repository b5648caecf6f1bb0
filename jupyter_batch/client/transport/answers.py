"""Reads what a server answers; what is not ours is an error that says what it is."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from typing import Any, Generic, TypeVar

import httpx
import msgspec

from jupyter_batch import errors
from jupyter_batch.domain.plain_text import plain_line
from jupyter_batch.errors import BatchError, InvalidInput, OwnerUnavailable

T = TypeVar("T")

#: What every answer of ours has.
VERSION_HEADER = "X-Jupyter-Batch"
#: Statuses of an owner that is not there, or ends.
GONE = (502, 503, 504)
#: How an answer may break off.
BROKEN_OFF = (httpx.TransportError, httpx.DecodingError)
#: Of an answer that is not ours no more is read, and of its words no more shown.
_MOST_BYTES, _MOST_SHOWN = 64 * 1024, 200
_TITLE = re.compile(r"<title[^>]*>([^<]*)</title", re.I)
_ADVICE = (
    "give the address of a Jupyter server with its base url, such as http://host:8888/ or "
    "https://hub/user/ann/, and its token (--token, or JUPYTER_BATCH_TOKEN)"
)


class AnswerDecoder(Generic[T]):
    """Decodes bodies of one shape, as ``msgspec.json.Decoder`` does."""

    def __init__(self, shape: type[T]) -> None:
        self._decoder = msgspec.json.Decoder(shape)

    def decode(self, content: bytes | str) -> T:
        """Returns the value; raises BatchError for what is not whole, or of another version."""
        try:
            return self._decoder.decode(content)
        except msgspec.ValidationError as error:
            raise BatchError(
                f"the server's answer has not the form that this version knows ({error}): are both "
                "of the same version?"
            ) from error
        except (ValueError, RecursionError) as error:
            what = "is empty" if not content else "is not whole, or no JSON"
            raise OwnerUnavailable(f"the server's answer {what}; try again") from error


def decode_answer(content: bytes | str, shape: type[T]) -> T:
    """Returns a body in its shape, as AnswerDecoder does."""
    return AnswerDecoder(shape).decode(content)


def is_ours(response: httpx.Response) -> bool:
    """Returns whether it is jupyter_batch that answers."""
    return VERSION_HEADER in response.headers


def read_all(response: httpx.Response) -> httpx.Response:
    """Returns an answer with its body; of one that is not ours only the beginning."""
    if is_ours(response):
        response.read()
        return response
    body = b""
    for piece in response.iter_bytes():
        body += piece
        if len(body) > _MOST_BYTES:
            break
    kept = [(k, v) for k, v in response.headers.raw if k.lower() in (b"content-type", b"location")]
    return httpx.Response(response.status_code, headers=kept, content=body[:_MOST_BYTES])


def check_ours(response: httpx.Response, url: str) -> None:
    """Raises what an answer tells of, or InvalidInput where it is not ours; it has been read."""
    if response.is_error:
        raise error_of(response)
    if is_ours(response) and response.is_success:
        return
    raise InvalidInput(
        f"{plain_line(url)} is answered by {_what_it_is(response)}, not by jupyter_batch: {_ADVICE}",
        field="url",
        status=response.status_code,
    )


def _what_it_is(response: httpx.Response) -> str:
    if response.is_redirect:
        target = response.headers.get("location", "")
        what = "a login" if "login" in target.lower() else "another address"
        return f"a redirect to {what} ({_shown(target)})"
    body = response.content
    if not body.strip():
        return "an empty page"
    text = body.decode("utf-8", "replace")
    if "html" in response.headers.get("content-type", "") or text.lstrip()[:1] == "<":
        title = _TITLE.search(text)
        asks = ", which asks for a login" if "password" in text.lower() else ""
        return f"a web page{f' ({_shown(html.unescape(title[1]))})' if title else ''}{asks}"
    return f"something else ({_shown(text)})"


def _shown(text: str) -> str:
    line = " ".join(plain_line(text).split())
    return line if len(line) <= _MOST_SHOWN else f"{line[:_MOST_SHOWN]}…"


def error_of(response: httpx.Response) -> BatchError:
    """Returns the error that an answer tells of; the whole answer has been read."""
    try:
        body = json.loads(response.content)
    except (ValueError, RecursionError):
        body = None
    status = response.status_code
    if not isinstance(body, dict):
        return _by_status(response, f"the server answered {status} {response.reason_phrase}")
    message = str(body.get("message") or f"HTTP {status}")
    if not isinstance(body.get("code"), str) or body["code"] not in _BY_CODE:
        return _by_status(response, message)
    return error_named(body["code"], message, body.get("details"))


def error_named(code: str, message: str, details: Any = None) -> BatchError:
    """Returns the error of our tree that has a code; the root where there is none."""
    error = _BY_CODE.get(code, BatchError)(message)
    if isinstance(details, dict):
        error.details = {str(key): value for key, value in details.items()}
    return error


def _by_status(response: httpx.Response, message: str) -> BatchError:
    """Makes an error of an answer that is not ours: a proxy's, or one from before our handlers."""
    status, message = response.status_code, _shown(message)
    where = "is jupyter_batch enabled on this server, and is its base url right?"
    if status in (401, 403):
        return errors.NotAllowed(f"{message}: is the token right?", status=status)
    if status == 404:
        return errors.NotFound(f"{message}: {where}", status=status)
    if status == 413:
        return errors.TooLarge(message, status=status)
    if status in GONE:
        return OwnerUnavailable(message, status=status)
    if 400 <= status < 500:
        hint = "" if is_ours(response) else f": {where}"
        return errors.InvalidInput(f"{message}{hint}", status=status)
    return BatchError(message, status=status)


def _tree(root: type[BatchError]) -> Iterator[type[BatchError]]:
    yield root
    for child in root.__subclasses__():
        yield from _tree(child)


_BY_CODE = {kind.code: kind for kind in _tree(BatchError)}
