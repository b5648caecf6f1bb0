"""The address of a server as people have it: a base url, or what their browser shows."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit

#: Jupyter's own pages; what comes before them is the base url.
_PAGES = re.compile(
    r"/(?:lab|tree|notebooks|edit|consoles|terminals|doc|nbclassic|retro|voila|login|logout|api"
    r"|batch|files|view|nbconvert)(?=/|$)"
)


def base_address(url: str, token: str) -> tuple[str, str]:
    """Returns the base url and the token of what ``jupyter lab`` prints, or a browser shows.

    ``http://host:8888/user/ann/lab/tree/a.ipynb?token=x`` is ``http://host:8888/user/ann/`` and
    ``x``. A token that is given wins; a path that ends in ``/`` without a token behind it is a
    base url, whatever its last name is. The url has been looked at by ``check_address``.
    """
    parts = urlsplit(url.strip())
    told = parse_qs(parts.query).get("token", [""])[0]
    path = parts.path or "/"
    if told or parts.query or parts.fragment or not path.endswith("/"):
        page = _PAGES.search(path)
        if page is not None:
            path = path[: page.start()]
    base = urlunsplit((parts.scheme, parts.netloc, path.rstrip("/") + "/", "", ""))
    return base, token or unquote(told)
