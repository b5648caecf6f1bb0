from __future__ import annotations

import io
from collections.abc import Iterator

import httpx
import pytest

from jupyter_batch.client.downloads import save
from jupyter_batch.client.transport.answers import VERSION_HEADER, error_of
from jupyter_batch.client.transport.http_client import Address, Connection, FixedAddress
from jupyter_batch.errors import (
    BatchError,
    Conflict,
    InvalidParameters,
    NotAllowed,
    NotFound,
    OwnerUnavailable,
    StoreFull,
)


def test_an_error_comes_back_as_the_one_that_was_raised(owner, connection):
    owner.trouble.append(InvalidParameters("no such parameter", field="parameters.alpa"))
    with pytest.raises(InvalidParameters, match="no such parameter") as caught:
        connection.get("runs")
    assert caught.value.details == {"field": "parameters.alpa"}


@pytest.mark.parametrize("kind", [Conflict, NotFound, StoreFull, NotAllowed])
def test_every_code_has_its_class(owner, connection, kind):
    owner.trouble.append(kind("words"))
    with pytest.raises(kind, match="words"):
        connection.get("runs")


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (404, b"<html>", NotFound),
        (403, b'{"message": "Forbidden", "reason": null}', NotAllowed),
        (500, b"", BatchError),
        (502, b"bad gateway", OwnerUnavailable),
        (418, b"[]", BatchError),
    ],
)
def test_an_answer_that_is_not_ours_is_an_error_of_ours(status, body, kind):
    assert isinstance(error_of(httpx.Response(status, content=body)), kind)


def test_the_token_goes_with_each_request_below_the_base_url(owner, connection):
    connection.get("health")
    assert owner.requests[0].headers["Authorization"] == "token secret"
    assert str(owner.requests[0].url) == "http://owner/batch/health"


def test_a_dropped_connection_does_not_make_two_runs(owner, connection, pauses):
    class DropsTheAnswer(httpx.BaseTransport):
        dropped = False

        def handle_request(self, request):
            answer = owner.handle_request(request)
            if not self.dropped:
                self.dropped = True
                raise httpx.ReadError("gone")
            return answer

    address = Address(url="http://owner/", token=owner.token)
    once = Connection(FixedAddress(address), transport=DropsTheAnswer(), pause=pauses.append)
    once.post("runs", {"notebook": "nb.ipynb"}, once=True)
    once.close()
    assert len(owner.requests) == 2
    assert len(owner.runs) == 1


def test_what_must_not_be_done_twice_is_not_sent_twice(owner, connection):
    owner.trouble.append(httpx.ReadError("gone"))
    with pytest.raises(OwnerUnavailable, match="does not answer"):
        connection.post("runs", {})
    assert len(owner.requests) == 1


def test_a_refused_connection_is_tried_at_the_new_owner(owner, pauses):
    class Moves:
        def locate(self, *, stale=None):
            return Address(url="http://new/" if stale else "http://old/", token=owner.token)

    owner.trouble.append(httpx.ConnectError("refused"))
    connection = Connection(Moves(), transport=owner, pause=pauses.append)
    connection.post("runs", {"notebook": "nb.ipynb"})
    connection.close()
    assert [request.url.host for request in owner.requests] == ["old", "new"]


def test_a_token_that_is_no_longer_right_is_looked_up_again(owner, pauses):
    class Changes:
        def locate(self, *, stale=None):
            return Address(url="http://owner/", token=owner.token if stale else "old")

    connection = Connection(Changes(), transport=owner, pause=pauses.append)
    assert b"root_dir" in connection.get("health")
    connection.close()


def test_a_server_that_stays_away_is_an_error_after_some_tries(owner, connection, pauses):
    owner.trouble.extend(httpx.ConnectError("refused") for _ in range(9))
    with pytest.raises(OwnerUnavailable, match="http://owner/"):
        connection.get("health")
    assert len(pauses) == 3


class _Halves(httpx.SyncByteStream):
    def __init__(self, *pieces: bytes | Exception) -> None:
        self._pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._pieces:
            if isinstance(piece, Exception):
                raise piece
            yield piece


def _gives(*answers: httpx.Response) -> httpx.MockTransport:
    left = list(answers)
    for answer in left:
        answer.headers[VERSION_HEADER] = "0"
    return httpx.MockTransport(lambda request: left.pop(0))


def test_what_breaks_off_while_it_is_downloaded_is_begun_anew(pauses):
    torn = httpx.Response(200, stream=_Halves(b"half of", httpx.ReadError("gone")))
    transport = _gives(torn, httpx.Response(200, stream=_Halves(b"the ", b"whole")))
    address = FixedAddress(Address(url="http://owner/"))
    connection, file = Connection(address, transport=transport, pause=pauses.append), io.BytesIO()
    connection.download("runs/r/notebook", {}, file)
    connection.close()
    assert (file.getvalue(), len(pauses)) == (b"the whole", 1)


def test_a_download_finds_the_owner_that_has_taken_over(owner, pauses):
    class Changes:
        def locate(self, *, stale=None):
            return Address(url="http://owner/", token=owner.token if stale else "old")

    connection, file = Connection(Changes(), transport=owner, pause=pauses.append), io.BytesIO()
    connection.download("health", {}, file)
    connection.close()
    assert b"root_dir" in file.getvalue()


def test_what_cannot_be_saved_leaves_the_file_that_was_there(tmp_path, pauses):
    target = tmp_path / "out.ipynb"
    target.write_text("old")
    torn = [httpx.Response(200, stream=_Halves(b"x", httpx.ReadError("no"))) for _ in range(4)]
    transport = _gives(*torn)
    address = FixedAddress(Address(url="http://owner/"))
    connection = Connection(address, transport=transport, pause=pauses.append)
    with pytest.raises(OwnerUnavailable, match="does not answer"):
        save(connection, "runs/r/notebook", {}, target)
    connection.close()
    assert target.read_text() == "old"
