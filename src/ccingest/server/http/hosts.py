"""Which names a server answers to, and from which pages it takes requests.

A page of an attacker can let its own name resolve to this machine, and so read what a server on
loopback answers (DNS rebinding). Its requests then carry that name in Host, and the page in Origin.
"""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from ccingest.hosts import is_loopback
from ccingest.server.http.options import ServerOptions
from ccingest.values import dataclass

_DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def split_authority(authority: str) -> tuple[str, int | None] | None:
    """The name, in lower case, and the port of `name:port`; None when it is no such thing."""
    if any(char in authority for char in "/@?#\\ ") or not authority:
        return None
    try:
        parts = urlsplit(f"//{authority}")
        name, port = parts.hostname, parts.port
    except ValueError:
        return None
    return (name.rstrip("."), port) if name else None


@dataclass(frozen=True, slots=True)
class Names:
    """The names that a server answers to."""

    allowed: frozenset[str]
    takes_addresses: (
        bool  # any IP address: no attacker's page has one of this machine's as its name
    )
    origins: frozenset[str]

    @classmethod
    def of(cls, options: ServerOptions) -> Names:
        bound = options.host.strip("[]").lower()
        given = {host.strip("[]").lower().rstrip(".") for host in options.allowed_hosts}
        return cls(
            allowed=frozenset({"localhost", bound, *given}),
            takes_addresses=not is_loopback(bound),
            origins=frozenset(origin.lower().rstrip("/") for origin in options.allowed_origins),
        )

    def has(self, host: str | None) -> bool:
        """Whether the Host header names this server."""
        split = split_authority(host or "")
        if split is None:
            return False
        name, _ = split
        if name in self.allowed or is_loopback(name):
            return True
        try:
            return self.takes_addresses and bool(ipaddress.ip_address(name))
        except ValueError:
            return False

    def takes(self, origin: str, host: str) -> bool:
        """Whether a request of a page of this origin is taken: only from our own pages.

        The scheme does not count: a proxy in front may speak https.
        """
        if origin.lower() in self.origins:
            return True
        try:
            parts = urlsplit(origin)
            port = parts.port or _DEFAULT_PORTS.get(parts.scheme.lower())
        except ValueError:
            return False
        own = split_authority(host)
        if own is None or not parts.hostname or not self.has(parts.netloc):
            return False
        name, own_port = own
        own_port = own_port or _DEFAULT_PORTS.get(parts.scheme.lower())
        return (parts.hostname.rstrip("."), port) == (name, own_port)
