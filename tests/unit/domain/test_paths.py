from __future__ import annotations

import json

import msgspec
import pytest

from jupyter_batch.domain import paths
from jupyter_batch.domain.frames import decode_frame
from jupyter_batch.errors import InvalidInput
from jupyter_batch.runner import paths as twin
from jupyter_batch.wire.notebook_paths import check_upload_path
from tests.paths import BAD, GOOD


@pytest.mark.parametrize("path", GOOD)
def test_a_path_below_a_folder_is_one_for_the_owner_and_the_runner(path):
    assert (paths.path_problem(path), twin.path_problem(path)) == (None, None)
    check_upload_path(path, field="path")


@pytest.mark.parametrize("path", BAD)
def test_everything_else_is_refused_by_both_for_the_same_reason(path):
    problem = paths.path_problem(path)
    assert problem
    assert twin.path_problem(path) == problem
    with pytest.raises(InvalidInput):
        check_upload_path(path, field="path")


@pytest.mark.parametrize("path", [path for path in BAD if "\ud800" not in path])
def test_a_frame_of_an_artifact_with_such_a_path_is_none(path):
    line = {"v": 1, "seq": 1, "at": 0.0, "kind": "artifact", "path": path, "data": ""}
    with pytest.raises(msgspec.ValidationError, match="the path of an artifact is refused"):
        decode_frame(json.dumps(line).encode())
