from __future__ import annotations

import io

import pytest

from jupyter_batch.runner.masked_file import MaskedFile
from jupyter_batch.runner.masking import Masker

SECRET = "s3cret-välue"


class Slow(io.BytesIO):
    """A file that gives three bytes at a time."""

    def read(self, size=-1):
        return super().read(3)


def _all(file):
    pieces = []
    while piece := file.read(7):
        pieces.append(piece)
    return b"".join(pieces)


@pytest.mark.parametrize("make", [io.BytesIO, Slow])
def test_a_secret_in_a_text_is_masked(make):
    file = MaskedFile(make(f"ä token={SECRET}\nend s3c".encode()), Masker({"S": SECRET}))
    assert _all(file).decode() == "ä token=***\nend s3c"
    assert file.was_masked
    assert not file.has_secret


@pytest.mark.parametrize("make", [io.BytesIO, Slow])
@pytest.mark.parametrize("content", [b"", b"plain\n", "ünï s3cret-".encode(), b"\xff\x00\x01s3c"])
def test_a_file_without_a_secret_is_as_it_was(make, content):
    file = MaskedFile(make(content), Masker({"S": SECRET}))
    assert _all(file) == content
    assert not file.was_masked
    assert not file.has_secret


@pytest.mark.parametrize("make", [io.BytesIO, Slow])
@pytest.mark.parametrize(
    "content",
    [
        b"\x00\x01plain-secret\x00",
        b"\xff\xfe" + "plain-secret".encode("utf-16-le"),
        b"plain-secre\xff",
    ],
    ids=["raw", "utf-16", "none"],
)
def test_what_is_no_text_is_left_alone_and_told(make, content):
    file = MaskedFile(make(content), Masker({"S": "plain-secret"}))
    assert _all(file) == content
    assert file.has_secret == (b"secre\xff" not in content)


def test_without_secrets_bytes_pass():
    data = bytes(range(256)) * 5000
    assert _all(MaskedFile(io.BytesIO(data), Masker({}))) == data
