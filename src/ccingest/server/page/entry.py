"""Who may see the pages of a server with a token: those who have signed in."""

from __future__ import annotations

from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response

from ccingest.server.page.addresses import ASSETS, SEARCH, SIGN_IN, address
from ccingest.server.page.protection import HEADERS, Signing, cookie_in

_PAGES = "/ui/"


def is_page(path: str) -> bool:
    """Whether it is the path of a page, or of what one loads."""
    return path == SEARCH or path.startswith(_PAGES)


class Entry:
    """For the guard of a server: whether a browser may pass, and what it gets otherwise."""

    def __init__(self, token: str | None) -> None:
        self._signing = Signing(token)

    def is_open(self, path: str) -> bool:
        """Whether everybody may load it: the form that asks for the token, and its looks."""
        return path == SIGN_IN or path.startswith(f"{ASSETS}/")

    def has_session(self, headers: Headers) -> bool:
        value = cookie_in(headers.get("cookie", ""), self._signing.session_cookie)
        return bool(value) and self._signing.is_session(value)

    def ask(self, method: str, path: str, query: bytes, headers: Headers) -> Response | None:
        """What leads a browser to the form; None for anything but a browser that shows a page."""
        if not is_page(path):
            return None
        wanted = f"{quote(path)}?{query.decode('latin-1')}" if query else quote(path)
        form = address(SIGN_IN, next=wanted if method == "GET" else SEARCH)
        if headers.get("hx-request"):
            return Response(status_code=401, headers={**HEADERS, "HX-Redirect": form})
        if "text/html" in headers.get("accept", ""):
            return RedirectResponse(form, status_code=303, headers=HEADERS)
        return None
