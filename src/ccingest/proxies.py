"""The proxy that the environment names for a host, checked before anything is sent to it."""

from __future__ import annotations

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from ccingest.errors import NetworkError

_HTTP = ("http", "https")
_SOCKS = ("socks5", "socks5h")


def https_proxy(address: str) -> str | None:
    """The proxy for this URL. None for plain http: it is used only within a machine or a network.

    Raises NetworkError for a text that names no proxy.
    """
    return None if urlsplit(address).scheme == "http" else proxy_of(address, (*_HTTP, *_SOCKS))


def proxy_of(address: str, schemes: tuple[str, ...] = _HTTP) -> str | None:
    """The proxy for this URL, also one of plain http. Raises NetworkError for a text that names none.

    Uses urllib to read the environment, because httpx fails on some addresses in NO_PROXY, such as
    ::1/128.
    """
    parts = urlsplit(address)
    given = getproxies().get(parts.scheme)
    if not given or proxy_bypass(parts.netloc):
        return None
    proxy = given if "://" in given else f"http://{given}"
    if not _is_proxy(proxy, schemes):
        raise unusable_proxy(parts.scheme)
    return proxy


def through_proxy(address: str) -> str:
    """Where a request to this URL goes first, as a part of a sentence; empty without a proxy.

    Never with the user and the password of the proxy.
    """
    try:
        proxy = proxy_of(address, (*_HTTP, *_SOCKS))
    except NetworkError:
        return ""
    return f" through the proxy {urlsplit(proxy).netloc.rpartition('@')[2]}" if proxy else ""


def unusable_proxy(scheme: str = "https") -> NetworkError:
    """Does not quote the variable: what is wrong with it may be that its password is misplaced."""
    return NetworkError(
        f"{scheme.upper()}_PROXY names no proxy that can be used; it has to be the URL of an HTTP "
        "proxy, as http://proxy.example:3128."
    )


def _is_proxy(proxy: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(proxy)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # no port is a number, such as a password without a host
        return False
    # What follows the host is the rest of a password that has a slash.
    rest = parts.path.strip("/") or parts.query or parts.fragment
    is_host = bool(host) and len(host.split()) == 1
    return parts.scheme in schemes and is_host and port != 0 and not rest
