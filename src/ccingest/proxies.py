"""The proxy that the environment names for a host."""

from __future__ import annotations

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from ccingest.errors import NetworkError


def https_proxy(address: str) -> str | None:
    """The proxy for this URL. None for plain http: it is used only within a machine or a network.

    Uses urllib to read the environment, because httpx fails on some addresses in NO_PROXY, such as
    ::1/128.
    """
    parts = urlsplit(address)
    if parts.scheme == "http" or proxy_bypass(parts.netloc):
        return None
    proxy = getproxies().get("https")
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy


def unusable_proxy() -> NetworkError:
    return NetworkError(
        "HTTPS_PROXY names no proxy that can be used; it has to be the URL of an HTTP proxy, "
        "as http://proxy.example:3128."
    )
