from __future__ import annotations

from jupyter_batch.client.transport.sse import Message, read_messages


def test_an_event_has_its_kind_its_data_and_its_id():
    text = b'id: 7\nevent: state\ndata: {"a": 1}\n\n'
    assert list(read_messages([text])) == [Message(id="7", event="state", data='{"a": 1}')]


def test_comments_and_unfinished_events_are_none():
    assert list(read_messages([b": still here\n\n", b"data: half"])) == []


def test_an_id_belongs_to_its_own_event_only():
    first, second = read_messages([b"id: 1\ndata: a\n\ndata: b\n\n"])
    assert (first.id, second.id) == ("1", None)


def test_separators_of_unicode_do_not_end_a_line():
    data = "a\u2028b\x85c\x0bd\x0ce\x1cf"
    (message,) = read_messages([f"data: {data}\r\n\r\n".encode()])
    assert message.data == data
