"""A stream of events in chunks of any size."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from jupyter_batch.client.transport.sse import read_messages


@given(
    st.lists(st.text(st.characters(exclude_characters="\n\r", codec="utf-8"), min_size=1)),
    st.integers(1, 7),
)
def test_where_the_chunks_are_cut_changes_nothing(texts, size):
    stream = "".join(f"id: {n}\ndata: {text}\n\n" for n, text in enumerate(texts)).encode()
    chunks = [stream[i : i + size] for i in range(0, len(stream), size)]
    assert [message.data for message in read_messages(chunks)] == texts
