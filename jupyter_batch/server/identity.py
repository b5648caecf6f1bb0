"""Identifies the user of a request: a Jupyter user, or a holder of the owner's token."""

from __future__ import annotations

import getpass
import hmac
import os
import re

from jupyter_server.auth.identity import IdentityProvider, User
from tornado.httputil import HTTPHeaders
from tornado.web import RequestHandler

#: Sent by gateways along with the owner's token: the user of the request.
ON_BEHALF_OF = "X-Jupyter-Batch-User"

_HEADER = re.compile(r"(?:token|bearer)\s+(\S+)", re.IGNORECASE)
_GENERATED = re.compile(r"[0-9a-f]{32}")


def system_user() -> str:
    """Returns the name of the user of this process."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def holds_token(headers: HTTPHeaders, token: str) -> bool:
    """Returns whether a request carries the token in its header; takes the same time either way."""
    found = _HEADER.fullmatch(headers.get("Authorization", "").strip())
    given = found.group(1) if found else ""
    return bool(token) and hmac.compare_digest(given.encode(), token.encode())


def user_name(user: User) -> str:
    """Returns the name to put down as ``created_by``.

    A shared token gives each request an anonymous user with a name of its own; that is the
    user of the system, whose server it is.
    """
    if _GENERATED.fullmatch(user.username) and user.name.startswith("Anonymous "):
        return system_user()
    return user.username


class OwnerIdentity(IdentityProvider):
    """Identifies the holder of the owner's token as the user of the system."""

    def get_user(self, handler: RequestHandler) -> User:
        """Returns the user of the system, or the one for whom a gateway asks."""
        return User(username=handler.request.headers.get(ON_BEHALF_OF) or system_user())

    def is_token_authenticated(self, handler: RequestHandler) -> bool:
        """Returns True: a page of another origin cannot know the token."""
        return True
