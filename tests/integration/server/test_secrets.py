"""The names of secrets can be read, their values cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from jupyter_batch.errors import InvalidInput, NotAllowed
from jupyter_batch.server.secrets import FileSecrets

from .conftest import Server


async def test_names_are_told_and_values_are_not(server: Server):
    answer = await server.http.get("secrets")
    assert answer.status_code == 200
    assert answer.json() == {"items": ["TOKEN"], "weak": {}}
    assert "s3cret" not in answer.text


async def test_names_come_from_the_file_as_it_is_now(tmp_path: Path):
    file = tmp_path / "secrets"
    secrets = FileSecrets(str(file))
    assert await secrets.names(user="ada") == ()
    file.touch(mode=0o600)
    file.write_text("# a comment\nB=2\n\nexport A = 1=1\n")
    assert await secrets.names(user="ada") == ("A", "B")
    assert await FileSecrets(None).names(user="ada") == ()


async def test_a_file_that_others_can_read_tells_nothing(tmp_path: Path):
    file = tmp_path / "secrets"
    file.write_text("A=1\n")
    file.chmod(0o644)
    with pytest.raises(NotAllowed, match="chmod 600"):
        await FileSecrets(str(file)).names(user="ada")


async def test_a_line_that_cannot_be_read_is_named_and_not_shown(tmp_path: Path):
    file = tmp_path / "secrets"
    file.touch(mode=0o600)
    secrets = FileSecrets(str(file))
    for content, line in (
        (b"A=good-value\n-----BEGIN KEY-----\nMIIEvQ==\n", 2),
        (b"A=good-value\nMIIEvQ==\n", 2),
        (b"A=good-value\n\nB='MIIEvQ\nMIIE", 3),
        (b'B="MIIEvQ\nMIIE" MIIE\n', 2),
        (b"A=MIIEvQ\xff\n", 1),
        (b"A=MIIEvQ\nA=MIIEvQ\n", 2),
        (b"A=\n", 1),
        (b"A=MIIE\0\n", 1),
    ):
        file.write_bytes(content)
        for asked in (secrets.names(user="ada"), secrets.get(["A"], user="ada")):
            with pytest.raises(NotAllowed, match=f"line {line}:") as caught:
                await asked
            assert "MIIE" not in str(caught.value)
            assert caught.value.__cause__ is None


async def test_a_key_of_several_lines_is_read_as_it_is(tmp_path: Path):
    file = tmp_path / "secrets"
    file.touch(mode=0o600)
    key = "-----BEGIN KEY-----\nMIIE/+==\n-----END KEY-----\n"
    file.write_text(f'KEY="{key}"  # its comment\nOTHER=\'a "b" \\n\'\nTOKEN="say \\"x\\"\\n"\n')
    found = await FileSecrets(str(file)).get(["KEY", "OTHER", "TOKEN"], user="ada")
    assert found == {"KEY": key, "OTHER": 'a "b" \\n', "TOKEN": 'say "x"\n'}


async def test_weak_ones_are_told_and_too_short_ones_refused(tmp_path: Path, caplog):
    file = tmp_path / "secrets"
    file.touch(mode=0o600)
    file.write_text("A=abc\nB=hunter2\nC=Production\nD=20261128\nE=s3cret-enough\n")
    secrets = FileSecrets(str(file))
    weak = await secrets.weaknesses(user="ada")
    assert list(weak) == ["A", "B", "C", "D"]
    with pytest.raises(InvalidInput, match="'A' cannot be a secret: it has fewer than 4"):
        await secrets.get(["E", "A"], user="ada")
    assert await secrets.get(["B"], user="ada") == {"B": "hunter2"}
    warned = [record.getMessage() for record in caplog.records]
    assert [text.split()[2] for text in sorted(warned)] == ["A", "B", "C", "D"]
    assert not any("hunter2" in text or "Production" in text for text in [*warned, *weak.values()])
