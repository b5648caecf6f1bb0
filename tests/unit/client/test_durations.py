from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest

from jupyter_batch.client.arguments.units import seconds_of
from jupyter_batch.errors import InvalidInput


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [
        (timedelta(minutes=15), 900.0),
        (timedelta(hours=2, milliseconds=500), 7200.5),
        (pd.Timedelta("90s"), 90.0),
        ("1.5h", 5400.0),
        (90, 90.0),
    ],
)
def test_a_duration_may_be_a_timedelta(duration, seconds):
    assert seconds_of(duration) == seconds


def test_a_schedule_takes_timedeltas(owner, client, notebook):
    client.schedule(
        notebook,
        every=timedelta(minutes=15),
        jitter=timedelta(seconds=30),
        run_timeout=timedelta(hours=1),
    )
    (body,) = owner.bodies("POST", "jobs")
    (trigger,) = body["triggers"]
    assert (trigger["interval_seconds"], trigger["jitter_seconds"]) == (900, 30.0)
    assert body["run_timeout_seconds"] == 3600.0


def test_an_interval_of_parts_of_seconds_is_refused(client, notebook):
    with pytest.raises(InvalidInput, match="whole seconds"):
        client.schedule(notebook, every=timedelta(milliseconds=1500))
