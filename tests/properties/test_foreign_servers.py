"""Servers that are not ours, whatever they answer: one line that says what it is."""

from __future__ import annotations

import contextlib
import gzip
import io
import socket
import threading

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from jupyter_batch.cli.console import TerminalConsole
from jupyter_batch.cli.main import run as run_command
from jupyter_batch.client.client import Client
from tests.paths import FUZZ

_LOGIN = b"<html><head><title>JupyterHub &lt;x&gt;</title></head><input type=password></html>"
_BODIES = [
    *(
        b"",
        b"   ",
        b"null",
        b"[]",
        b"{}",
        b"0",
        b'"x"',
        b'{"items": 1}',
        b'{"items": []',
        b"{" * 9000,
    ),
    *(
        b"\xff\xfe\x00",
        b"\x1b[2J\x1b]0;owned\x07",
        b"<",
        b"<title>\xe2\x80\xae[/eu]</title",
        _LOGIN,
    ),
    b'{"code": ["a"], "message": {"b": 1}, "details": 3}',
    b'{"code": "not_found", "message": "\\u001b[2J\\nsecond", "details": {"field": ["x"]}}',
    b'{"items": [], "next_cursor": null}',
    b'{"items": [{}], "next_cursor": {}}',
    gzip.compress(b"x" * 100_000),
    b"x" * 300_000,
]
_HEADERS = [
    *(b"Content-Type: text/html", b"Content-Type: application/json", b"Content-Encoding: gzip"),
    *(b"X-Jupyter-Batch: 0.1.0", b"Location: /hub/login?next=x", b"Location: http://[::1"),
    *(b"Content-Encoding: br", b"Transfer-Encoding: chunked", b"Content-Length: 99999999"),
    *(
        b"Content-Length: -1",
        b"Set-Cookie: a=\xff; Path=\x01",
        b"Content-Type: x/\xff; charset=none",
    ),
    *(b"Connection: close", b": no name", b"X: " + b"y" * 5000, b"Retry-After: tomorrow"),
]
_STATUSES = [200, 200, 200, 201, 204, 206, 301, 302, 303, 304, 307, 400, 401, 403, 404, 405, 413]
_answers = st.one_of(
    st.builds(
        lambda status, headers, body: b"\r\n".join(
            [b"HTTP/1.1 %d Some Words" % status, *headers, b"", body]
        ),
        st.sampled_from([*_STATUSES, 418, 429, 500, 502, 503, 504, 599, 999, 100]),
        st.lists(st.sampled_from(_HEADERS), max_size=4),
        st.one_of(st.sampled_from(_BODIES), st.binary(max_size=30)),
    ),
    st.sampled_from(
        [b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1", b"HTTP/0.9 200", b"\x15\x03\x01"]
    ),
    st.binary(max_size=30),
)
_COMMANDS = [
    ["runs"],
    ["runs", "--json"],
    ["show", "0" * 26],
    ["logs", "0" * 26],
    ["jobs"],
    ["sweeps"],
    ["results"],
    ["sql", "SELECT 1"],
    ["cancel", "0" * 26],
    ["run", "n.ipynb"],
    ["run", "n.ipynb", "-q"],
    ["upcoming", "0" * 26],
    ["backup", "b.zip"],
    ["export", "0" * 26, "-o", "o.ipynb"],
]


class Server:
    """Answers every request with the same bytes, and closes."""

    def __init__(self) -> None:
        self.answer = b""
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError):
                connection.settimeout(5)
                request = b""
                while b"\r\n\r\n" not in request:
                    piece = connection.recv(65536)
                    if not piece:
                        break
                    request += piece
                connection.sendall(self.answer)
                connection.shutdown(socket.SHUT_WR)
                # What is left unread would reset the connection before the answer is read.
                while connection.recv(65536):
                    pass

    def close(self) -> None:
        self._listener.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("foreign")
    (folder / "n.ipynb").write_text('{"cells": []}')
    made = Server()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield made
    made.close()


def ask(server: Server, arguments: list[str], answer: bytes) -> tuple[int, str, str]:
    server.answer = answer
    out, err = io.StringIO(), io.StringIO()
    with Client(server.url, "token") as client:
        client._connection.pause = lambda _: None
        code = run_command(
            arguments,
            out=TerminalConsole(file=out, width=200, highlight=False, markup=False),
            err=TerminalConsole(file=err, width=200, highlight=False, markup=False),
            client=client,
            sleep=lambda _: None,
        )
    return code, out.getvalue(), err.getvalue()


def page(body: bytes, *headers: bytes, status: int = 200) -> bytes:
    length = b"Content-Length: %d" % len(body)
    return b"\r\n".join([b"HTTP/1.1 %d OK" % status, length, *headers, b"", body])


@settings(
    max_examples=max(FUZZ // 40, 300),
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(answer=_answers, command=st.sampled_from(_COMMANDS))
@example(answer=page(gzip.compress(b"x"), b"Content-Encoding: br"), command=["runs"])
@example(answer=page(b"torn", b"Content-Encoding: gzip"), command=["runs"])
@example(answer=page(b'{"code": ["a"]}', status=400), command=["runs"])
@example(answer=page(b"{}", b"X-Jupyter-Batch: 9"), command=["show", "0" * 26])
@example(answer=page(b"", b"X-Jupyter-Batch: 9"), command=["runs"])
def test_every_answer_is_an_exit_code_and_one_line(server, answer, command):
    code, out, err = ask(server, command, answer)
    assert code in (0, 1, 2), (code, err)
    text = out if "--json" in command and code else err
    assert "Traceback" not in text
    assert code == 0 or text.startswith(("error: ", "{")), text
    if code and "--json" not in command:
        said = [line for line in err.splitlines() if not line.startswith(("  where: ", "error: "))]
        assert len(said) <= 1, err


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (page(_LOGIN, b"Content-Type: text/html"), "a web page (JupyterHub <x>), which asks for a"),
        (page(b"", b"Location: /hub/login?next=/", status=302), "a redirect to a login"),
        (page(b""), "is answered by an empty page"),
        (page(b"\x1b[2Jhello"), "something else (hello)"),
        (page(b"<html>no</html>", status=404), "is jupyter_batch enabled on this server"),
        (page(b"{}", status=403), "is the token right?"),
        (page(b"{}", b"X-Jupyter-Batch: 9"), "has not the form that this version knows"),
        (page(b'{"items": [', b"X-Jupyter-Batch: 9"), "is not whole, or no JSON"),
    ],
)
def test_the_line_says_what_it_is_and_what_to_give(server, answer, words):
    code, _, err = ask(server, ["runs"], answer)
    assert code in (1, 2)
    assert words in err.splitlines()[0]
    assert "\x1b" not in err


def test_an_address_that_a_browser_shows_is_taken_apart():
    shown = "http://host:8888/user/ann/lab/tree/a%20b.ipynb?token=t0ken&reset#x"
    for url, token in [
        (shown, "t0ken"),
        ("http://host:8888/user/ann/lab?token=t0ken", "t0ken"),
        ("http://host:8888/user/ann/?token=t0ken", "t0ken"),
        ("http://host:8888/user/ann", ""),
        ("http://host:8888/user/ann/tree", ""),
        ("http://host:8888/user/ann/notebooks/lab/x.ipynb", ""),
    ]:
        with Client(url) as client:
            assert client.url == "http://host:8888/user/ann/"
            assert client._connection.address.token == token
    with Client(shown, "given") as client:
        assert client._connection.address.token == "given"
    # A base url may be named like a page.
    with Client("http://host/lab/") as client:
        assert client.url == "http://host/lab/"
