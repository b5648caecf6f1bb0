from __future__ import annotations

import json

import pytest

from jupyter_batch.client.client import Client
from jupyter_batch.client.transport.http_client import Address, Connection, FixedAddress
from jupyter_batch.testing.owner import FakeOwner


@pytest.fixture
def owner(tmp_path) -> FakeOwner:
    return FakeOwner(root_dir=str(tmp_path / "root"))


@pytest.fixture
def data_dir(tmp_path, owner):
    """The data folder of an owner that answers."""
    folder = tmp_path / "data"
    folder.mkdir()
    told = {
        "url": "http://owner/base/",
        "token": owner.token,
        "pid": 1,
        "kind": "serve",
        "version": "0",
        "started_at": "2026-01-01T00:00:00Z",
    }
    (folder / "owner.json").write_text(json.dumps(told))
    return folder


@pytest.fixture
def client(owner, data_dir):
    with Client(data_dir=data_dir, transport=owner) as client:
        yield client


@pytest.fixture
def remote(owner):
    with Client("http://far.example/", owner.token, transport=owner) as client:
        yield client


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def connection(owner, pauses):
    address = Address(url="http://owner/", token=owner.token)
    connection = Connection(FixedAddress(address), transport=owner, pause=pauses.append)
    yield connection
    connection.close()


@pytest.fixture
def notebook(tmp_path):
    """A notebook below the owner's root."""
    path = tmp_path / "root" / "work" / "report.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    return path
