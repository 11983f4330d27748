"""The addresses of a host, and which of them are on the public internet.

What a request asks a server to fetch must not reach what only the server can reach: itself, its
network, the metadata service of its cloud. A name is not enough to tell, because whoever owns it says
where it leads. So the addresses are looked up once and checked, and exactly these are connected to.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from typing import Any

from ccingest.errors import ForbiddenAddressError, NetworkError

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_6TO4 = ipaddress.ip_network("2002::/16")
_TIMEOUT = 20.0  # seconds


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect to, as the system names it."""

    family: socket.AddressFamily
    sockaddr: tuple[Any, ...]


def is_public(address: str) -> bool:
    """Whether an IP address is on the public internet, and so is the one that it may stand for."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = _inner(found) if isinstance(found, ipaddress.IPv6Address) else None
    if inner is not None:
        return is_public(str(inner))
    # 100.64.0.0/10, between a provider and its customers, is neither private nor global.
    return found.is_global and not (found.is_multicast or found.is_reserved)


def _inner(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 address leads to."""
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address in _NAT64 or (int(address) >> 32 == 0 and int(address) > 1):
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    if address in _6TO4:
        return address.sixtofour
    return address.teredo[1] if address.teredo else None


def public_addresses(host: str, port: int) -> list[Address]:
    """The addresses of a host, all of which are public.

    One that is not is enough to refuse all: which one is connected to is chance. Raises
    ForbiddenAddressError, and NetworkError for a name that has no address.
    """
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        text = getattr(error, "strerror", None) or "it is no name"
        raise NetworkError(f"{host} has no address: {text}; check the spelling.") from None
    addresses = [Address(family, sockaddr) for family, _, _, _, sockaddr in found]
    for address in addresses:
        if not is_public(str(address.sockaddr[0])):
            raise ForbiddenAddressError(
                f"{host} is at an address that requests may not reach; ask the operator of the server."
            )
    return addresses


def connect_public(host: str, port: int, timeout: float = _TIMEOUT) -> socket.socket:
    """A connection to one of `public_addresses`, whatever the name leads to a moment later.

    Raises what that raises, and OSError.
    """
    failed: OSError | None = None
    for address in public_addresses(host, port):
        connection = socket.socket(address.family, socket.SOCK_STREAM)
        try:
            connection.settimeout(timeout)
            connection.connect(address.sockaddr)
        except OSError as error:
            connection.close()
            failed = error
        else:
            return connection
    raise failed or OSError(f"{host} has no address")
