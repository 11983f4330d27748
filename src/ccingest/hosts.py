"""Host names: GitHub's, which names are valid, and which mean this machine."""

from __future__ import annotations

import re

PUBLIC_HOST = "github.com"

_HOST = re.compile(
    r"(?=.{1,255}$)(?:(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?"
)


def is_host(text: str) -> bool:
    """Whether the text is a host in lower case, with or without a port."""
    return _HOST.fullmatch(text) is not None


def is_loopback(host: str) -> bool:
    """Whether a host, a name or an address, is this machine."""
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name and no address
        return host == "localhost"
