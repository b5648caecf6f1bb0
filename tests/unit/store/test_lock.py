"""The lock on a data folder, where it works and where it does not."""

from __future__ import annotations

import errno
import os

import pytest

from jupyter_batch.errors import StoreError, StoreLocked
from jupyter_batch.store.duckdb.lock import FolderLock


def test_one_has_it_until_it_lets_go(tmp_path):
    lock = FolderLock(tmp_path)
    with pytest.raises(StoreLocked, match=f"process {os.getpid()}"):
        FolderLock(tmp_path)
    lock.release()
    FolderLock(tmp_path).release()


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_folder_without_locks_is_refused_with_advice(tmp_path, number):
    def refuse(descriptor: int, operation: int) -> None:
        raise OSError(number, os.strerror(number))

    with pytest.raises(StoreError, match="put the data folder on a local disk") as caught:
        FolderLock(tmp_path, lock=refuse)
    assert not isinstance(caught.value, StoreLocked)
    FolderLock(tmp_path).release()
