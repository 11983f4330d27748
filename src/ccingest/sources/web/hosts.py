"""Which addresses of the network a crawl may connect to.

The name of a host is looked up here, and the connection goes to an address that was checked: so an
answer of the DNS that changes in between can't lead to another one.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class PrivateAddressError(Exception):
    """A host has only addresses that may not be read. The message names one."""


class UnknownHostError(Exception):
    """The DNS knows no such host, or does not answer."""


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
    # A network without IPv4 reaches all of it by NAT64, which by itself is no public network.
    checked = wrapped if wrapped and address in _NAT64 else [address, *wrapped]
    return all(one.is_global and not one.is_multicast and not one.is_reserved for one in checked)


def _wrapped(address: Address) -> list[Address]:
    """The IPv4 addresses that an IPv6 one leads to."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found: list[Address] = [
        one for one in (address.ipv4_mapped, address.sixtofour, *(address.teredo or ())) if one
    ]
    if address in _NAT64 or int(address) >> 32 == 0:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return found
