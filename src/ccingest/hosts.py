"""Hosts by name: which is the public one, which are well formed, which are this machine."""

from __future__ import annotations

import re

PUBLIC_HOST = "github.com"

_HOST = re.compile(
    r"(?=.{1,255}$)(?:(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)*[a-z0-9-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?"
)


def is_host(text: str) -> bool:
    """Whether it is a host in lower case, with or without a port, and nothing else."""
    return _HOST.fullmatch(text) is not None


def is_loopback(host: str) -> bool:
    """Whether what is sent to this host, a name or an address, stays on this machine."""
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
