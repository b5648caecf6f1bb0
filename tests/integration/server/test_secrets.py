"""The names of secrets can be read, their values cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_batch.errors import NotAllowed
from jupyter_batch.server.secrets import FileSecrets

from .conftest import Server


async def test_names_are_told_and_values_are_not(server: Server):
    answer = await server.http.get("secrets")
    assert answer.status_code == 200
    assert answer.json() == {"items": ["TOKEN"]}
    assert "s3cret" not in answer.text


async def test_names_come_from_the_file_as_it_is_now(tmp_path: Path):
    file = tmp_path / "secrets"
    secrets = FileSecrets(str(file))
    assert await secrets.names(user="ada") == ()
    file.touch(mode=0o600)
    file.write_text("# a comment\nB=2\nA=1=1\nnot a secret\n")
    assert await secrets.names(user="ada") == ("A", "B")
    assert await FileSecrets(None).names(user="ada") == ()


async def test_a_file_that_others_can_read_tells_nothing(tmp_path: Path):
    file = tmp_path / "secrets"
    file.write_text("A=1\n")
    file.chmod(0o644)
    with pytest.raises(NotAllowed, match="chmod 600"):
        await FileSecrets(str(file)).names(user="ada")
