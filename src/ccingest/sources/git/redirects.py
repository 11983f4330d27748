"""Following redirects to where a repository has moved. libgit2 can't do this safely.

libgit2 sends the userinfo of a redirect's URL to its target. It also passes that URL to us in a decoded
form, in which the userinfo may look like a host. So libgit2 follows no redirect to another host (see
config/config), and gets the URL that this module finds.
"""

from __future__ import annotations

import re
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

from ccingest.errors import NetworkError
from ccingest.hosts import is_host

_MOST_REDIRECTS = 5  # GitHub needs one for a repository that was renamed
_TIMEOUT = 20.0  # seconds
_SERVICE = "/info/refs?service=git-upload-pack"
_PATH = re.compile(r"/[A-Za-z0-9._~/+%-]*")


def follow_redirects(url: str) -> str:
    """The URL to which the server redirects the repository. Sends no credentials.

    Returns `url` itself when there is no redirect, or the server can't be reached. Raises NetworkError
    for too many redirects, and for one that no git server needs: with a user or a password, from https
    to http, or to a malformed URL.
    """
    if not url.startswith(("http://", "https://")):
        return url
    for _ in range(_MOST_REDIRECTS + 1):
        location = _ask(url)
        if location is None:
            return url
        url = _target(url, location)
    raise NetworkError(f"{_host(url)} redirects too often; check the address.")


def _ask(url: str) -> str | None:
    """The target of the server's redirect; None when it answers with anything else."""
    try:
        with build_opener(_NoRedirects).open(url.rstrip("/") + _SERVICE, timeout=_TIMEOUT):
            return None
    except HTTPError as answer:
        with answer:
            is_redirect = answer.code in (301, 302, 303, 307, 308)
            return answer.headers.get("Location") if is_redirect else None
    except (OSError, HTTPException, ValueError):
        return None  # libgit2 will fail in the same way and report it


def _target(url: str, location: str) -> str:
    """The repository's URL that the redirect leads to. Raises NetworkError."""
    try:
        target = urlsplit(urljoin(url.rstrip("/") + _SERVICE, location))
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


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        """Don't follow the redirect, so that we get it as the answer."""
