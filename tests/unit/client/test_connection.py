from __future__ import annotations

import httpx
import pytest

from jupyter_batch.client.connection import Address, Connection, FixedAddress, error_of
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
