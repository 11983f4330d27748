"""The target of a git server's redirect, if it is one that a git server needs."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from ccingest.errors import NetworkError
from ccingest.hosts import is_host

MOST_REDIRECTS = 5  # GitHub needs one for a repository that was renamed
SERVICE = "/info/refs?service=git-upload-pack"
_PATH = re.compile(r"/[A-Za-z0-9._~/+%-]*")


def redirect_target(url: str, location: str) -> str:
    """The repository's URL that a redirect leads to when the refs of `url` are asked for.

    Raises NetworkError for a user or a password in it, from https to http, and for no plain URL.
    """
    try:
        target = urlsplit(urljoin(url.rstrip("/") + SERVICE, location))
        host = target.netloc.lower()
        is_plain = is_host(host) and _PATH.fullmatch(target.path) and target.port != 0
    except ValueError:
        is_plain = False
    if not is_plain or target.scheme not in ("http", "https"):
        raise NetworkError(f"{_host(url)} redirects to no plain URL, which is not followed.")
    if url.startswith("https:") and target.scheme != "https":
        raise NetworkError(f"{_host(url)} redirects to a URL without https, which is not followed.")
    path = target.path.removesuffix("/info/refs")
    return f"{target.scheme}://{host}{path}"


def _host(url: str) -> str:
    return urlsplit(url).netloc
