"""The backup over HTTP: one file, whole or not at all."""

from __future__ import annotations

import io
import zipfile

import msgspec

from jupyter_batch.domain.backup import BackupManifest
from jupyter_batch.errors import StoreFull


async def test_it_comes_as_a_file_to_be_saved(server):
    await server.submit()
    answer = await server.http.get("backup")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/zip"
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    assert "jupyter-batch-20260115-120000.zip" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        manifest = msgspec.json.decode(archive.read("manifest.json"), type=BackupManifest)
    assert (manifest.runs, manifest.store_id) == (1, server.parts.store.id)


async def test_what_keeps_it_from_being_made_is_said(server):
    server.parts.store.memory.troubles.append(StoreFull("no space is left"))
    answer = await server.http.get("backup")
    assert answer.status_code == 507
    assert answer.json()["code"] == "store_full"
