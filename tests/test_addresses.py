"""Which addresses are public, and that what is connected to is what was checked."""

from __future__ import annotations

import socket
from typing import Any

import pytest

from ccingest import addresses
from ccingest.addresses import connect_public, is_public, public_addresses
from ccingest.errors import ForbiddenAddressError, NetworkError


@pytest.mark.parametrize(
    "address",
    [
        "140.82.121.3",
        "93.184.216.34",
        "1.1.1.1",
        "2606:4700::1111",
        "::ffff:1.1.1.1",
        "64:ff9b::101:101",
    ],
)
def test_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *(
            "127.0.0.1",
            "0.0.0.0",
            "10.1.2.3",
            "172.16.0.1",
            "172.31.0.1",
            "240.0.0.1",
            "192.168.0.1",
            "100.64.0.1",
        ),
        *("169.254.169.254", "192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255"),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1"),
        *("2002:7f00:1::", "2002:a00:1::1", "no address", ""),
    ],
)
def test_not_public(address: str) -> None:
    assert not is_public(address)


def answers(*found: str) -> Any:
    """A lookup that answers with these, once each, as a DNS that changes its mind."""
    left = list(found)

    def look_up(host: str, port: int, **_: Any) -> list[Any]:
        address = left.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in address.split()]

    return look_up


def test_one_private_address_refuses_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", answers("1.1.1.1 127.0.0.1"))
    with pytest.raises(ForbiddenAddressError, match=r"evil\.example"):
        public_addresses("evil.example", 443)


def test_a_name_without_an_address() -> None:
    for name in ("no-such-name.invalid", "a" * 300, "é" * 100):
        with pytest.raises(NetworkError):
            public_addresses(name, 443)


def test_what_was_checked_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is looked up once. A second answer, which leads elsewhere, is never asked for."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        # The only address that a test can reach counts as public here.
        monkeypatch.setattr(addresses, "is_public", lambda address: address == "127.0.0.1")
        monkeypatch.setattr(socket, "getaddrinfo", answers("127.0.0.1", "127.0.0.2"))
        with connect_public("rebinding.example", port) as connection:
            assert connection.getpeername() == ("127.0.0.1", port)
        with pytest.raises(ForbiddenAddressError):
            connect_public("rebinding.example", port)
