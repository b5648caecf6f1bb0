"""The frames of outputs reproduce any sequence of output changes."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.runner.recorded import data_of, new_outputs

_CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(0, 2), st.text(max_size=5)),
        st.tuples(st.just("replace"), st.integers(0, 2), st.text(max_size=5)),
        st.tuples(st.just("clear"), st.integers(0, 2), st.just("")),
        st.tuples(st.just("flush"), st.just(0), st.just("")),
    ),
    max_size=40,
)


@given(_CHANGES)
def test_replayed_ops_give_the_outputs_that_there_were(changes):
    frames, _, outputs = new_outputs()
    kept: dict[Any, Any] = {}
    for change, cell, text in changes:
        there = kept.setdefault(cell, [])
        if change == "append":
            there.append(data_of(text))
            outputs.append(cell, there[-1])
        elif change == "replace" and there:
            no = len(text) % len(there)
            there[no] = data_of(text)
            outputs.replace(cell, no, there[no])
        elif change == "clear":
            there.clear()
            outputs.clear(cell)
        elif change == "flush":
            outputs.flush()
    outputs.flush()
    assert frames.replay() == {cell: there for cell, there in kept.items() if there}
