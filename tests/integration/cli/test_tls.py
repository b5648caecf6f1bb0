"""An owner that speaks TLS: local clients trust it by its file, remote ones by authorities."""

from __future__ import annotations

import json
import shutil
import subprocess

import httpx
import pytest

from jupyter_batch.client.client import Client
from jupyter_batch.errors import OwnerUnavailable
from jupyter_batch.wire.owner import read_owner

from .conftest import JUPYTER_TOKEN

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl for certificates"),
]


def openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """Files: of this address, of a host name, one that has expired, one of an authority."""
    folder = tmp_path_factory.mktemp("certificates")
    own = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days")
    for name, days, subject, also in (
        ("address", 3, "/CN=127.0.0.1", "IP:127.0.0.1"),
        ("name", 3, "/CN=batch.example.org", "DNS:batch.example.org"),
    ):
        files = ("-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem")
        openssl(*own, days, *files, "-subj", subject, "-addext", f"subjectAltName={also}")
    # Over at the moment at which it begins.
    request = ("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1")
    openssl(*request, "-keyout", folder / "expired.key", "-out", folder / "expired.csr")
    over = ("x509", "-req", "-in", folder / "expired.csr", "-days", 0)
    openssl(*over, "-signkey", folder / "expired.key", "-out", folder / "expired.pem")
    authority = (folder / "authority.key", folder / "authority.pem")
    openssl(*own, 3, "-keyout", authority[0], "-out", authority[1], "-subj", "/CN=Authority")
    request = ("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=batch.example.org")
    openssl(*request, "-keyout", folder / "issued.key", "-out", folder / "issued.csr")
    signing = ("x509", "-req", "-in", folder / "issued.csr", "-days", 3, "-CAcreateserial")
    by = ("-CA", authority[1], "-CAkey", authority[0], "-out", folder / "issued.leaf")
    openssl(*signing, *by)
    chain = (folder / "issued.leaf").read_text() + authority[1].read_text()
    (folder / "issued.pem").write_text(chain)
    return folder


@pytest.mark.parametrize("name", ["address", "name", "expired", "issued"])
def test_the_owner_on_this_machine_is_trusted_by_its_file(
    start_jupyter, certificates, tmp_path, name
):
    url = start_jupyter(certificates, name)
    owner = read_owner(tmp_path / "data")
    assert owner is not None
    assert (owner.url, owner.kind) == (url, "jupyter")
    listed = start_jupyter.command("runs", "--json")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert json.loads(listed.stdout)["items"] == []
    told = json.loads(start_jupyter.command("doctor", "--json").stdout)
    (finding,) = (found for found in told["findings"] if found["what"] == "owner")
    assert finding["level"] == "ok"
    with Client(data_dir=tmp_path / "data") as client:
        assert client.health()["owner"]["pid"] == owner.pid


def test_another_jupyter_server_hands_requests_on_to_it(start_jupyter, certificates, tmp_path):
    """The way of the panel, too: a browser talks to its own server."""
    start_jupyter(certificates, "name")
    other = start_jupyter()
    headers = {"Authorization": f"token {JUPYTER_TOKEN}"}
    answer = httpx.get(f"{other}batch/runs", headers=headers, trust_env=False, timeout=30)
    assert answer.json()["items"] == []
    health = httpx.get(f"{other}batch/health", headers=headers, trust_env=False, timeout=60)
    owner = read_owner(tmp_path / "data")
    assert owner is not None
    assert health.json()["owner"]["pid"] == owner.pid


def test_somebody_else_at_its_address_is_not_trusted(start_jupyter, certificates, tmp_path):
    """Another certificate at the owner's address gets neither the token nor a request."""
    start_jupyter(certificates, "address")
    file = tmp_path / "data" / "owner.json"
    told = json.loads(file.read_text())
    told["certificate"] = (certificates / "name.pem").read_text()
    file.write_text(json.dumps(told))
    listed = start_jupyter.command("runs", PYTHONWARNINGS="error")
    assert listed.returncode == 1
    assert "certificate" in listed.stderr
    assert "end it" not in listed.stderr


def test_a_server_elsewhere_is_trusted_by_authorities(start_jupyter, certificates):
    url = start_jupyter(certificates, "address")
    to = ("runs", "--json", "--url", url, "--token", JUPYTER_TOKEN)
    own = str(certificates / "address.pem")
    assert start_jupyter.command(*to, "--cacert", own).returncode == 0
    assert start_jupyter.command(*to, JUPYTER_BATCH_CACERT=own).returncode == 0
    assert start_jupyter.command(*to, SSL_CERT_FILE=own).returncode == 0
    refused = start_jupyter.command("runs", "--url", url, "--token", JUPYTER_TOKEN)
    assert refused.returncode == 1
    for word in ("certificate is not trusted", "--cacert", "SSL_CERT_FILE"):
        assert word in refused.stderr
    assert "Traceback" not in refused.stderr
    missing = start_jupyter.command(*to, "--cacert", certificates / "nothing.pem")
    assert missing.returncode == 2
    assert "nothing.pem" in missing.stdout
    with (
        Client(url, JUPYTER_TOKEN, cacert=certificates / "name.pem") as client,
        pytest.raises(OwnerUnavailable, match="not trusted"),
    ):
        client.health()
