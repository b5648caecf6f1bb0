"""A secret that comes back in any of the ways that people meet is not in what the runner sends."""

from __future__ import annotations

import base64
import html
import json
import urllib.parse
from collections.abc import Callable

from jupyter_batch.domain.frames import ArtifactChunk
from jupyter_batch.runner.escapes import unescaped

from .conftest import Running

Start = Callable[..., Running]

PASSWORD = 'pä"ss wörd-&<x>\\19/ö'
PEM = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSj==\n-----END-----\n"
PIN = "31415926535"


def test_no_form_of_a_secret_is_sent(start: Start):
    running = start(
        "import os, sys, time, json, html, base64, urllib.parse\n"
        "p, pem, pin = (os.environ[n] for n in ('PASSWORD', 'PEM', 'PIN'))\n"
        "for form in (p, repr(p), ascii(p), html.escape(p), json.dumps(p), json.dumps(json.dumps(p)),\n"
        "             urllib.parse.quote(p), urllib.parse.quote_plus(p), p.encode(),\n"
        "             base64.b64encode(b'ada:' + p.encode()).decode(), p.encode().hex()):\n"
        "    print(form)\n"
        "print(pem, json.dumps({'key': pem}))\n"
        "for line in pem.splitlines():\n    print('   ', line)\n",
        # One stream, its halves in two flushes, and in the log.
        "for half in (p[:6], p[6:], pin[:4], pin[4:]):\n"
        "    print(half, end='', flush=True)\n    time.sleep(0.2)\n"
        "for half in (p[:6], p[6:] + '\\n'):\n    os.write(2, half.encode())\n    time.sleep(0.5)\n",
        "handle = display({'text/html': '<b>' + html.escape(p)}, raw=True, display_id='d')\n"
        "handle.update({'application/json': {p: [int(pin), p]}}, raw=True)\n",
        "out = os.environ['JUPYTER_BATCH_OUTPUT']\n"
        "open(f'{out}/of-{pin}.txt', 'w').write('x' * 262140 + p + ' and ' + json.dumps(p))\n"
        "open(f'{out}/raw.bin', 'wb').write(b'\\0' + pin.encode())\n",
        "raise ValueError('cannot use ' + p + '\\n' + pem)",
        secrets={"PASSWORD": PASSWORD, "PEM": PEM, "PIN": PIN},
        parameters={"given": PASSWORD, "number": int(PIN)},
    )
    finished = running.wait()
    chunks = running.kinds(ArtifactChunk)
    raw = [chunk for chunk in chunks if chunk.path == "raw.bin"]
    files = b"".join(chunk.content() for chunk in chunks if chunk not in raw).decode()
    lines = [line for line in running.lines if b'"raw.bin"' not in line]
    everything = b"".join(lines).decode() + running.log() + files
    plain = unescaped(everything)
    for secret in (PASSWORD, PIN, *(line for line in PEM.splitlines() if len(line) >= 8)):
        assert unescaped(secret) not in plain
        for form in (secret, html.escape(secret), urllib.parse.quote(secret), json.dumps(secret)):
            assert form.strip('"') not in everything
        core = base64.b64encode(b"ada:" + secret.encode())[8:-4].decode()
        assert core not in everything
        assert secret.encode().hex() not in everything
    # Nor are the halves there, one beside the other.
    assert running.text(1).count("***") >= 2
    assert PASSWORD[:6] not in running.text(1)
    assert PIN[4:] not in running.text(1)
    assert {chunk.path for chunk in chunks} == {"of-***.txt", "raw.bin"}
    assert files.endswith('*** and "***"')
    assert chunks[0].size + chunks[1].size + chunks[-1].size >= 262140
    assert "a secret in the artifact of-***.txt is masked" in " ".join(finished.notes)
    assert "the artifact raw.bin has the value of a secret in it" in " ".join(finished.notes)
    assert raw[0].content() == b"\0" + PIN.encode()


def test_what_a_notebook_tells_has_no_secret_cut_in_two(start: Start):
    secret = "s3cret-value-that-is-long"
    spool = (
        "lambda *line: open(os.environ['JUPYTER_BATCH_SPOOL'], 'a').write(json.dumps(line) + '\\n')"
    )
    running = start(
        f"import os, json, time\ns, say = os.environ['S'], {spool}\n"
        "say('d', 'n' * 230 + s, [s, 1])\n"
        "say('f', 'loop', s, 'e' * 1990 + s)\n"
        "say('p', time.time(), {'name': s, 'processed': 1})\n"
        "say('result', time.time(), 'r' * 230 + s, 'json', {s: s})\n"
        "say('result', time.time(), 'pin', 'number', int(os.environ['PIN']))\n",
        secrets={"S": secret, "PIN": PIN},
    )
    assert running.wait().verdict == "succeeded"
    everything = b"".join(running.lines).decode() + running.log()
    assert secret[:8] not in everything
    assert PIN not in everything
    told = [json.loads(line) for line in running.lines if b'"kind":"result"' in line]
    assert [(one["name"], one["type"], one["body"]) for one in told] == [
        ("r" * 230 + "***", "json", '{"***":"***"}'),
        ("pin", "text", '"***"'),
    ]
