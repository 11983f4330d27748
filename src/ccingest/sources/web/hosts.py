"""Which addresses of the network a crawl may connect to.

The name of a host is looked up here, and the connection goes to an address that was checked: so an
answer of the DNS that changes in between can't lead to another one.
"""

from __future__ import annotations

import socket

from ccingest.addresses import is_public


class PrivateAddressError(Exception):
    """A host has only addresses that may not be read. The message names one."""


class UnknownHostError(Exception):
    """The DNS does not know the host, or does not answer."""


def public_addresses(host: str, port: int, *, allow_private: bool) -> list[str]:
    """The addresses of a host that may be connected to, the preferred first.

    Raises UnknownHostError, and PrivateAddressError when there are only others.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnknownHostError(getattr(error, "strerror", None) or "no such name") from None
    texts = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    allowed = [text for text in texts if allow_private or is_public(text)]
    if texts and not allowed:
        raise PrivateAddressError(texts[0])
    if not allowed:
        raise UnknownHostError("it has no address")
    return allowed
