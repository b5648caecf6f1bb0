"""Values of numpy, pandas and of classes of one's own: taken as what they are, or refused."""

from __future__ import annotations

import dataclasses
import enum
from collections import OrderedDict, namedtuple
from collections.abc import Hashable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePosixPath
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pytest

import jupyter_batch
from jupyter_batch.client.arguments.grids import grid_on_the_wire
from jupyter_batch.client.arguments.options import RunOptions, on_the_wire
from jupyter_batch.client.arguments.plain_values import plain
from jupyter_batch.client.arguments.schedules import ScheduleOptions, schedule_on_the_wire
from jupyter_batch.errors import BatchError, InvalidInput, InvalidParameters


class Count(int):
    def __repr__(self):
        return "many"

    __str__ = __int__ = None  # type: ignore[assignment]


class Rate(float):
    pass


class Word(str):
    def __str__(self):
        return "another"


class Level(enum.IntEnum):
    HIGH = 3


class Kind(str, enum.Enum):  # noqa: UP042
    RIDGE = "ridge"


class Colour(enum.Enum):
    RED = 1


@dataclasses.dataclass
class Options:
    alpha: float = 0.5


Point = namedtuple("Point", "x y")
STAMP = pd.Timestamp("2026-01-02T03:04:05", tz="UTC")

TAKEN = [
    (np.float64(2.5), 2.5),
    (np.float32(0.5), 0.5),
    (np.float16(0.5), 0.5),
    (np.longdouble(0.5), 0.5),
    (np.int64(-3), -3),
    (np.uint64(2**64 - 1), 2**64 - 1),
    (np.bool_(True), True),
    (np.str_("q"), "q"),
    (np.array(5), 5),
    (np.array([5]), [5]),
    (np.array([[1.5], [2.5]]), [[1.5], [2.5]]),
    (np.array([True, False]), [True, False]),
    (np.array(["a", "b"]), ["a", "b"]),
    (np.array(["2026-01-02"], dtype="datetime64[ns]"), ["2026-01-02T00:00:00"]),
    (np.datetime64("2026-01-02"), "2026-01-02"),
    (np.datetime64("2026-01-02T03:04:05"), "2026-01-02T03:04:05"),
    (np.datetime64("2026-01-02T03:04:05.000000001"), "2026-01-02T03:04:05.000000001"),
    (np.linspace(0, 1, 3), [0.0, 0.5, 1.0]),
    (Count(7), 7),
    (Rate(0.5), 0.5),
    (Word("x"), "x"),
    (Level.HIGH, 3),
    (Kind.RIDGE, "ridge"),
    (Point(1, 2), [1, 2]),
    (OrderedDict(a=np.float64(1.5)), {"a": 1.5}),
    ({np.str_("k"): (np.int8(1),)}, {"k": [1]}),
    (pd.Series([1, 2]), [1, 2]),
    (pd.Series([7]), [7]),
    (pd.Series(pd.to_datetime(["2026-01-02"])), ["2026-01-02T00:00:00"]),
    (pd.Index(["a"]), ["a"]),
    (pd.Categorical(["a", "b"]), ["a", "b"]),
    (STAMP, "2026-01-02T03:04:05+00:00"),
    (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
    (date(2026, 1, 2), "2026-01-02"),
    (time(3, 4), "03:04:00"),
    (Decimal("1.10"), "1.10"),
    (Path("a/b"), "a/b"),
    (PurePosixPath("a"), "a"),
    (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
]
REFUSED = [
    pd.NaT,
    pd.NA,
    float("nan"),
    np.float64("nan"),
    np.datetime64("NaT"),
    np.array([np.inf]),
    Decimal("NaN"),
    pd.Series([1.0, None]),
    pd.Series(pd.to_datetime(["2026-01-02", None])),
    pd.DataFrame({"a": [1]}),
    pd.Timedelta("1s"),
    np.timedelta64(1, "s"),
    np.array([1], dtype="timedelta64[s]"),
    pd.Period("2026-01"),
    timedelta(1),
    Colour.RED,
    Options(),
    Options,
    {1, 2},
    frozenset(),
    1j,
    np.complex128(1j),
    Fraction(1, 3),
    b"bytes",
    bytearray(b"x"),
    range(3),
    iter([1]),
    object(),
    len,
    {1: 2},
    {(1, 2): 3},
    "half \ud800 of a character",
    {"\udfff": 1},
    10**5000,
]


@pytest.mark.parametrize(("value", "sent"), TAKEN, ids=lambda value: type(value).__name__)
def test_it_is_taken_as_what_it_is(value, sent):
    found = plain(value, "parameters.x")
    assert found == sent
    assert type(found) is type(sent)


@pytest.mark.parametrize("wrap", [lambda v: v, lambda v: [v], lambda v: {"k": (v,)}])
@pytest.mark.parametrize("value", REFUSED, ids=lambda value: type(value).__name__)
def test_it_is_refused_and_the_field_is_named(value, wrap):
    with pytest.raises(InvalidParameters) as caught:
        plain(wrap(value), "parameters.x")
    assert caught.value.details["field"].startswith("parameters.x")
    assert caught.value.message.startswith(caught.value.details["field"])


def test_what_holds_itself_is_refused():
    endless: list[object] = []
    endless.append(endless)
    with pytest.raises(InvalidParameters, match="levels deep"):
        plain(endless, "parameters.x")


def test_grids_take_arrays_columns_and_frames():
    grid = {np.str_("f"): np.linspace(0, 1, 3), "d": pd.date_range("2026-01-01", periods=1)}
    assert grid_on_the_wire(grid) == {"grid": {"f": [0.0, 0.5, 1.0], "d": ["2026-01-01T00:00:00"]}}
    frame = pd.DataFrame({"n": np.array([1, 2]), "s": pd.Series(["a", "b"], dtype="string")})
    assert grid_on_the_wire(frame) == {"parameter_sets": [{"n": 1, "s": "a"}, {"n": 2, "s": "b"}]}


@pytest.mark.parametrize(
    ("grid", "field"),
    [
        ({"a": {1, 2}}, "grid.a"),
        ({"a": np.array(5)}, "grid.a"),
        ({"a": pd.Series([1.0, None])}, "grid.a.1"),
        (pd.DataFrame({"a": [1.0, None]}), "parameter_sets.1.a"),
        ({3: [1]}, "grid"),
        ([{3: 1}], "parameter_sets.0"),
    ],
)
def test_a_grid_is_refused_by_its_field(grid, field):
    with pytest.raises(InvalidInput) as caught:
        grid_on_the_wire(grid)
    assert caught.value.details["field"] == field


def test_options_take_them_too():
    options: Any = {
        "cpus": np.float64(0.5),
        "gpus": np.int64(1),
        "memory": np.int64(1024),
        "priority": np.int8(3),
        "timeout": np.float32(2.5),
        "name": np.str_("n"),
        "image": Word("i"),
        "env": {np.str_("A"): np.float64(1.5), "B": Path("x"), "C": Kind.RIDGE},
        "files": np.array(["*.csv"]),
    }
    body = on_the_wire(options)
    assert body == {
        "environment": {
            "cpus": 0.5,
            "gpus": 1,
            "memory_bytes": 1024,
            "image": "i",
            "env": {"A": "1.5", "B": "x", "C": "ridge"},
        },
        "files": ["*.csv"],
        "timeout_seconds": 2.5,
        "name": "n",
        "priority": 3,
    }
    assert all(type(body[name]) in (int, float, str) for name in ("priority", "name"))


def test_schedules_take_pandas_dates():
    options: Any = {
        "at": pd.Timestamp("2027-01-02T03:04", tz="Asia/Tokyo"),
        "timezone": np.str_("UTC"),
        "retries": np.int64(2),
        "max_runs": np.int64(5),
        "excluded_dates": pd.DatetimeIndex(["2026-12-25"]),
    }
    body = schedule_on_the_wire(options)
    assert body["triggers"] == [
        {
            "kind": "once",
            "at": "2027-01-01T18:04:00Z",
            "timezone": "UTC",
            "max_runs": 5,
            "excluded_dates": ["2026-12-25"],
        }
    ]
    assert body["retry"] == {"max_attempts": 3}


@pytest.mark.parametrize("at", [pd.NaT, np.datetime64("NaT"), pd.NA, 5, float("nan")])
def test_what_is_no_instant_is_refused(at):
    with pytest.raises(InvalidInput) as caught:
        schedule_on_the_wire({"at": at, "timezone": "UTC"})
    assert caught.value.details["field"] == "at"


@pytest.fixture
def jb(client):
    """The public functions, against an owner in memory."""
    jupyter_batch.use(client)
    yield jupyter_batch
    jupyter_batch.use(None)


#: What a person can hand over besides parameters.
WAYS = [
    *(
        (f"option {name}", lambda jb, nb, value, name=name: jb.submit(nb, **{name: value}))
        for name in RunOptions.__annotations__
    ),
    *(
        (
            f"schedule {name}",
            lambda jb, nb, value, name=name: jb.schedule(nb, **{"cron": "@daily", name: value}),
        )
        for name in ScheduleOptions.__annotations__
    ),
    ("parameter", lambda jb, nb, value: jb.submit(nb, {"x": value})),
    ("name of a parameter", lambda jb, nb, value: jb.submit(nb, {value: 1})),
    ("grid", lambda jb, nb, value: jb.sweep(nb, value)),
    ("values of a grid", lambda jb, nb, value: jb.sweep(nb, {"x": value})),
    ("value of a grid", lambda jb, nb, value: jb.sweep(nb, {"x": [value]})),
    ("at once", lambda jb, nb, value: jb.sweep(nb, {"x": [1]}, max_concurrent=value)),
    ("env", lambda jb, nb, value: jb.submit(nb, env={"A": value})),
    ("file", lambda jb, nb, value: jb.submit(nb, files=[value])),
    ("filter", lambda jb, nb, value: list(jb.runs(q=value))),
    ("since", lambda jb, nb, value: list(jb.runs(since=value))),
    ("state", lambda jb, nb, value: list(jb.runs(state=value))),
    ("limit", lambda jb, nb, value: list(jb.runs(limit=value))),
    ("description", lambda jb, nb, value: jb.jobs.create(nb, description=value, name="d")),
]
NAME = dict(WAYS)["name of a parameter"]
EVERYTHING = [
    *(value for value, _ in TAKEN),
    *(value for value in REFUSED if not hasattr(value, "__next__")),
]


@pytest.mark.parametrize("way", [way for _, way in WAYS], ids=[name for name, _ in WAYS])
def test_nothing_but_our_errors_comes_of_any_value(jb, notebook, way):
    """However it is handed over, it is taken or refused by one of our errors."""
    for value in EVERYTHING:
        if way is NAME and not isinstance(value, Hashable):
            continue
        try:
            way(jb, notebook, value)
        except BatchError as error:
            assert error.message  # noqa: PT017
