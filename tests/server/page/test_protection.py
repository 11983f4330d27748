from __future__ import annotations

import pytest

from ccingest.server.page.addresses import FILE, address, own_path
from ccingest.server.page.protection import (
    CONTENT_POLICY,
    SESSION_SECONDS,
    Signing,
    cookie,
    cookie_in,
)


def test_a_session_holds_until_it_expires() -> None:
    signing = Signing("secret")
    value = signing.session(now=1000)
    assert signing.is_session(value, now=1000)
    assert not signing.is_session(value, now=1000 + SESSION_SECONDS)
    assert "secret" not in value


def test_a_session_holds_on_every_server_with_the_token() -> None:
    assert Signing("secret").is_session(Signing("secret").session())
    assert not Signing("other").is_session(Signing("secret").session())


@pytest.mark.parametrize("value", ["", ".", "9999999999.", "9999999999.abc", "x.y", "é.é"])
def test_a_forged_session(value: str) -> None:
    assert not Signing("secret").is_session(value)


def test_a_session_can_not_be_made_longer() -> None:
    expiry, _, signature = Signing("secret").session(now=1000).partition(".")
    assert not Signing("secret").is_session(f"{int(expiry) + 1}.{signature}", now=1000)


def test_each_server_on_a_machine_has_a_cookie_of_its_own() -> None:
    names = {Signing(token).session_cookie for token in ("secret", "other")}
    assert len(names) == 2
    assert Signing("secret").session_cookie in names


def test_a_form_token_is_of_one_browser() -> None:
    signing = Signing()
    token = signing.form_token("browser")
    assert signing.is_form_token(token, "browser")
    assert not signing.is_form_token(token, "other")
    assert not signing.is_form_token(token, "")
    assert not signing.is_form_token("", "browser")
    assert not signing.is_form_token("ü", "browser")
    assert not Signing().is_form_token(token, "browser")


def test_a_form_token_is_no_session() -> None:
    signing = Signing("secret")
    assert not signing.is_session(f"9999999999.{signing.form_token('9999999999')}")


def test_the_token() -> None:
    assert Signing("secret").is_token("secret")
    assert not Signing("secret").is_token("Secret")
    assert not Signing(None).is_token("")


def test_cookies() -> None:
    made = cookie("name", "value", secure=True, seconds=10)
    assert made == "name=value; Path=/; Max-Age=10; HttpOnly; SameSite=Strict; Secure"
    assert cookie_in("a=1; name=value", "name") == "value"
    assert cookie_in("a=1", "name") == ""
    assert cookie_in("\x00=;;=", "name") == ""


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere() -> None:
    assert "unsafe" not in CONTENT_POLICY
    assert "http" not in CONTENT_POLICY
    assert "default-src 'none'" in CONTENT_POLICY


@pytest.mark.parametrize("text", ["//evil.example", "/\\evil.example", "https://evil.example", "evil", "", "/a\nb"])  # fmt: skip
def test_signing_in_leads_to_no_other_site(text: str) -> None:
    assert own_path(text) == "/"


def test_addresses() -> None:
    assert own_path("/ui/jobs?status=failed") == "/ui/jobs?status=failed"
    assert address(FILE, "L1", path="a b/ü?#.py", lines="", project=None) == (
        "/ui/file?path=a+b%2F%C3%BC%3F%23.py#L1"
    )
