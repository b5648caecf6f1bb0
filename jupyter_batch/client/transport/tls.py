"""Whom connections trust: the owner of this machine by its certificate, others by authorities."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

from jupyter_batch.errors import InvalidInput

#: Names a file or folder with the certificates of the authorities that remote servers may have.
CACERT_VARIABLE = "JUPYTER_BATCH_CACERT"

#: OpenSSL's X509_V_FLAG_NO_CHECK_TIME, which Python has no name for.
_NO_CHECK_TIME = 0x200000
_ADVICE = (
    f"name a file with the certificate of its authority, or its own: --cacert, {CACERT_VARIABLE} "
    "or SSL_CERT_FILE"
)


def context_for_owner(url: str, certificate: str) -> ssl.SSLContext | bool:
    """Returns what is trusted at the address of this machine's owner: its own certificate only.

    Whoever can write the owner's file is trusted anyway. What the certificate says of names,
    times and authorities is meant for browsers.
    """
    if not url.startswith("https:"):
        return False  # There is nothing to check; reading all authorities would take a while.
    if not certificate:
        return _system_context()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_flags = ssl.VerifyFlags(ssl.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME)
    context.load_verify_locations(cadata=certificate)
    return context


def context_for_server(url: str, cacert: str | os.PathLike[str] | None) -> ssl.SSLContext | bool:
    """Returns the certificate authorities to trust for a server elsewhere.

    They are those of the file or folder ``cacert``, else those of the system or of
    ``SSL_CERT_FILE``.

    Raises InvalidInput for a file that has none.
    """
    if not url.startswith("https:"):
        return False
    if cacert is None:
        return _system_context()
    place = Path(cacert).expanduser()
    try:
        if place.is_dir():
            return ssl.create_default_context(capath=place)
        return ssl.create_default_context(cafile=place)
    except (OSError, ssl.SSLError) as error:
        raise InvalidInput(
            f"{place} cannot be used as certificates of authorities: {error}", field="cacert"
        ) from error


def _system_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not (os.environ.get("SSL_CERT_FILE") or os.environ.get("SSL_CERT_DIR")):
        import certifi

        # Some Pythons have none of the system's.
        context.load_verify_locations(certifi.where())
    return context


def untrusted(error: Exception) -> str | None:
    """Returns why a certificate is not trusted, with advice; None where that is not the error."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted: {cause.verify_message}; {_ADVICE}"
        cause = cause.__cause__ or cause.__context__
    text = str(error)
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return f"its certificate is not trusted: {text}; {_ADVICE}"
    return None


def leaf_of(path: str) -> str:
    """Returns the first certificate of a PEM file, that of the server itself; empty for none."""
    try:
        text = Path(path).read_text(encoding="latin-1")
    except OSError:
        return ""
    start, end = text.find("-----BEGIN CERTIFICATE-----"), text.find("-----END CERTIFICATE-----")
    if start < 0 or end < start:
        return ""
    pem = text[start : end + len("-----END CERTIFICATE-----")]
    try:
        return ssl.DER_cert_to_PEM_cert(ssl.PEM_cert_to_DER_cert(pem))
    except ValueError:
        return ""
