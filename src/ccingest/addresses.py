"""The addresses of a host, and which of them are on the public internet.

What a request asks a server to fetch must not reach what only the server can reach: itself, its
network, the metadata service of its cloud. A name is not enough to tell, because whoever owns it says
where it leads. So the addresses are looked up once and checked, and exactly these are connected to.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any, TypeAlias

from ccingest.errors import ForbiddenAddressError, NetworkError
from ccingest.values import dataclass

_MAPPED = ipaddress.ip_network("::ffff:0:0/96")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_TIMEOUT = 20.0  # seconds

IPAddress: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Address:
    """Where to connect to, as the system names it."""

    family: socket.AddressFamily
    sockaddr: tuple[Any, ...]


def is_public(text: str) -> bool:
    """Whether an IP address is one of the public network, also by any address that it wraps.

    >>> [is_public(one) for one in ("93.184.216.34", "127.0.0.1", "::ffff:10.0.0.1")]
    [True, False, False]
    """
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    wrapped = _wrapped(address)
    # Neither is a public network by itself, and each is only another way to write an IPv4 address.
    is_other_form = address in _NAT64 or address in _MAPPED
    checked = wrapped if wrapped and is_other_form else [address, *wrapped]
    return all(one.is_global and not one.is_multicast and not one.is_reserved for one in checked)


def _wrapped(address: IPAddress) -> list[IPAddress]:
    """The IPv4 addresses that an IPv6 one leads to."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found: list[IPAddress] = [
        one for one in (address.ipv4_mapped, address.sixtofour, *(address.teredo or ())) if one
    ]
    if address in _NAT64 or int(address) >> 32 == 0:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return found


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
