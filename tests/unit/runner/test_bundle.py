from __future__ import annotations

import io
import json
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from jupyter_batch.runner.bundle import BundleError, read_bundle


def _tar(*members):
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            if isinstance(content, bytes):
                info.size = len(content)
            else:
                info.type, info.linkname = content.encode(), "/etc/passwd"
            archive.addfile(info, io.BytesIO(content) if isinstance(content, bytes) else None)
    return target.getvalue()


def _settings(**settings):
    return "bundle.json", json.dumps(settings).encode()


@pytest.fixture
def read(tmp_path):
    work = tmp_path / "work"
    work.mkdir()

    def read(*members):
        path = tmp_path / "bundle.tar"
        path.write_bytes(_tar(*members))
        return read_bundle(str(path), str(work))

    return read


def test_settings_files_and_notebook_are_read(read, tmp_path):
    bundle = read(
        _settings(parameters={"a": 1}, secrets={"S": "v"}, kernel=None),
        ("files/lib/a b.txt", b"content"),
        ("notebook.ipynb", b"{}"),
    )
    assert bundle.notebook == b"{}"
    assert (bundle.parameters, bundle.secrets) == ({"a": 1}, {"S": "v"})
    assert bundle.get("kernel", "python3") == "python3"
    assert (tmp_path / "work/lib/a b.txt").read_bytes() == b"content"


def test_the_file_is_gone_when_it_has_been_read(read, tmp_path):
    read(_settings(), ("notebook.ipynb", b"{}"))
    assert not (tmp_path / "bundle.tar").exists()


@pytest.mark.parametrize(
    "path", ["../out", "/etc/x", "a/../../b", "", "a//b", "./a", "a/.", "..", "a/\0b"]
)
def test_a_path_that_is_not_below_the_folder_is_refused(read, tmp_path, path):
    with pytest.raises(BundleError, match=r"not a path below|no place in a bundle"):
        read(_settings(), (f"files/{path}", b"x"), ("notebook.ipynb", b"{}"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bundle.tar", "work"]


@pytest.mark.parametrize(
    "kind", ["1", "2", "3", "4", "6"], ids=["hard link", "link", "character", "block", "fifo"]
)
def test_links_and_devices_are_refused(read, kind):
    with pytest.raises(BundleError, match="not a plain file"):
        read(_settings(), ("files/link", kind), ("notebook.ipynb", b"{}"))


def test_a_link_in_the_folder_is_not_followed(read, tmp_path):
    (tmp_path / "work" / "way").symlink_to(tmp_path)
    (tmp_path / "work" / "file").symlink_to(tmp_path / "made")
    for path in ("way/made", "file"):
        with pytest.raises(BundleError, match="leads out"):
            read(_settings(), (f"files/{path}", b"x"), ("notebook.ipynb", b"{}"))
    assert not (tmp_path / "made").exists()


@pytest.mark.parametrize(
    "members",
    [
        (),
        (("notebook.ipynb", b"{}"),),
        (_settings(),),
        (_settings(), ("other", b"")),
        (("bundle.json", b"[]"), ("notebook.ipynb", b"{}")),
        (("bundle.json", b"{"), ("notebook.ipynb", b"{}")),
        (_settings(secrets=[1]), ("notebook.ipynb", b"{}")),
    ],
)
def test_what_is_not_whole_is_refused(read, members):
    with pytest.raises(BundleError):
        read(*members)


def test_what_is_no_tar_is_refused(tmp_path):
    (tmp_path / "b").write_bytes(b"x" * 5000)
    with pytest.raises(BundleError, match="no tar stream"):
        read_bundle(str(tmp_path / "b"), str(tmp_path))


class _Owner(BaseHTTPRequestHandler):
    def do_GET(self):
        body = _tar(_settings(run_id="r"), ("notebook.ipynb", b"{}"))
        self.send_response(200 if self.path == "/bundle?token=once" else 403)
        self.end_headers()
        if self.path == "/bundle?token=once":
            self.wfile.write(body)

    def log_message(self, *args):
        pass


@pytest.fixture
def owner():
    with HTTPServer(("127.0.0.1", 0), _Owner) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_bundle_is_read_from_a_url(owner, tmp_path):
    bundle = read_bundle(f"{owner}/bundle?token=once", str(tmp_path))
    assert bundle.settings["run_id"] == "r"


def test_a_refused_url_is_not_repeated_in_the_message(owner, tmp_path):
    with pytest.raises(BundleError) as caught:
        read_bundle(f"{owner}/bundle?token=wrong", str(tmp_path))
    assert str(caught.value) == "the owner answers 403 to the bundle's URL"
