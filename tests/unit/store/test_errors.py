"""DuckDB's errors as errors of the error tree."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from jupyter_batch.errors import StoreDamaged, StoreError, StoreFull, StoreHeld
from jupyter_batch.store.duckdb.errors import store_error, translated

_PATH = Path("/data/records.duckdb")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('IO Error: Could not set lock on file "x": Conflicting lock is held in y', StoreHeld),
        ('Could not write file "x": No space left on device', StoreFull),
        ('Could not write file "x": Disk quota exceeded', StoreFull),
        ("Corrupt database file: computed checksum 1 does not match stored 2", StoreDamaged),
        ('Cannot open file "x": Permission denied', StoreError),
        ("Cannot open file: Read-only file system", StoreError),
        ("Parser Error: syntax error", StoreError),
    ],
)
def test_each_failure_has_its_error_and_names_the_path(text, kind):
    error = store_error(duckdb.IOException(text), _PATH)
    assert type(error) is kind
    assert error.details["path"] == str(_PATH)


def test_the_process_that_has_the_lock_is_told():
    text = "Could not set lock on file: Conflicting lock is held in python (PID 4711)."
    error = store_error(duckdb.IOException(text), _PATH)
    assert error.details["pid"] == 4711
    assert "4711" in error.message


def test_errors_keep_their_cause():
    with pytest.raises(StoreError) as caught, translated(_PATH):
        raise OSError(28, "No space left on device")
    assert isinstance(caught.value, StoreFull)
    assert isinstance(caught.value.__cause__, OSError)
