"""What HTTPS_PROXY may hold."""

from __future__ import annotations

import pytest

from ccingest.errors import NetworkError
from ccingest.proxies import https_proxy, proxy_of, through_proxy

SECRET = "hunter2hunter2"


@pytest.fixture(autouse=True)
def _no_other_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.parametrize(
    "text",
    [
        f"http://user:{SECRET}",  # the host was forgotten
        f"user:{SECRET}",
        f"http://user:{SECRET}@[bad:1",
        f"http://user:{SECRET}@",
        f"http://user:{SECRET}@host:99999",
        f"http://user:{SECRET}/x@host:3128",
        f"http://user:{SECRET}#x@host:3128",
        f"ftp://user:{SECRET}@host:3128",
        "http://",
        "://",
        "http://:3128",
        "use the proxy",
    ],
)
def test_what_names_no_proxy_is_told_without_being_quoted(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", text)
    for asked in (https_proxy, proxy_of):
        with pytest.raises(NetworkError, match="HTTPS_PROXY names no proxy") as caught:
            asked("https://github.com/o/r")
        assert SECRET not in str(caught.value)
    assert through_proxy("https://github.com/o/r") == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("proxy.example:3128", "proxy.example:3128"),
        ("http://proxy.example/", "proxy.example"),
        (f"http://user:{SECRET}@proxy.example:3128", "proxy.example:3128"),
        (f"user:{SECRET}@proxy.example:3128", "proxy.example:3128"),
        (f"https://user:{SECRET} é@[::1]:3128", "[::1]:3128"),
    ],
)
def test_a_proxy_is_named_without_its_password(
    text: str, shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", text)
    assert proxy_of("https://github.com/o/r") in (text, f"http://{text}")
    assert through_proxy("https://github.com/o/r") == f" through the proxy {shown}"


def test_socks_is_for_those_who_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "socks5://proxy.example:1080")
    assert https_proxy("https://github.com") == "socks5://proxy.example:1080"
    with pytest.raises(NetworkError):
        proxy_of("https://github.com")


def test_each_scheme_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://plain.example:3128")
    assert https_proxy("http://github.com") is None
    assert proxy_of("http://github.com") == "http://plain.example:3128"
    assert proxy_of("https://github.com") is None
    monkeypatch.setenv("no_proxy", "github.com")
    assert proxy_of("http://github.com") is None
