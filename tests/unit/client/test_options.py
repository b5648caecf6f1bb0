from __future__ import annotations

import enum
from datetime import date
from pathlib import Path

import pytest

from jupyter_batch.client.arguments.options import on_the_wire
from jupyter_batch.client.arguments.plain_values import plain
from jupyter_batch.client.arguments.units import bytes_of, seconds_of
from jupyter_batch.errors import InvalidInput, InvalidParameters


class _Scalar:
    """As numpy's scalars."""

    def __init__(self, value):
        self._value = value

    def item(self):
        return self._value


class _Array:
    """As numpy's arrays: with more than one element there is no item()."""

    def __init__(self, values):
        self._values = values

    def item(self):
        raise ValueError("can only convert an array of size 1")

    def tolist(self):
        return self._values


@pytest.mark.parametrize(
    ("text", "size"),
    [("512m", 512 * 1024**2), ("2g", 2 * 1024**3), ("1.5 GiB", 1536 * 1024**2), ("7", 7), (9, 9)],
)
def test_a_size_is_written_as_people_write_it(text, size):
    assert bytes_of(text) == size


@pytest.mark.parametrize("text", ["", "m", "-1", "1x", "lots", True, 1.5])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(InvalidInput) as caught:
        bytes_of(text)
    assert caught.value.details["field"] == "environment.memory_bytes"


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("10m", 600), ("1.5h", 5400), (2.5, 2.5)]
)
def test_a_duration_is_written_as_people_write_it(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "1w", float("inf"), True])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(InvalidInput):
        seconds_of(text)


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (_Scalar(0.5), 0.5),
        (_Array([1, 2]), [1, 2]),
        ((1, "a"), [1, "a"]),
        (date(2026, 1, 2), "2026-01-02"),
        (Path("a/b"), "a/b"),
        ({"a": [None, True]}, {"a": [None, True]}),
    ],
)
def test_values_go_as_json_has_them(value, sent):
    assert plain(value, "parameters.x") == sent


class _Colour(enum.Enum):
    RED = 1


@pytest.mark.parametrize("value", [float("nan"), {1: 2}, {"a": {1, 2}}, object(), _Colour.RED])
def test_a_value_that_json_cannot_carry_is_refused_by_its_name(value):
    with pytest.raises(InvalidParameters) as caught:
        plain(value, "parameters.x")
    assert caught.value.details["field"].startswith("parameters.x")


@pytest.mark.parametrize("volume", ["data", ":/x", "a:b:c", "a:b:rw:x"])
def test_what_is_no_volume_is_refused_by_its_place(volume):
    with pytest.raises(InvalidInput) as caught:
        on_the_wire({"volumes": ["a:/b", volume]})
    assert caught.value.details["field"] == "environment.volumes.1"


def test_what_is_not_given_is_not_sent():
    assert on_the_wire({"memory": None, "files": None}) == {}
