"""The page that asks for the server's token. `wanted`: the page to show then."""

from __future__ import annotations

from ccingest.server.page.addresses import own_path
from ccingest.server.page.call import Page, Redirect


def show(wanted: str) -> Page:
    return Page("sign_in.html", {"next": own_path(wanted), "refused": False})


def refuse(wanted: str) -> Page:
    return Page("sign_in.html", {"next": own_path(wanted), "refused": True}, 401)


def go_on(wanted: str) -> Redirect:
    return Redirect(own_path(wanted))
