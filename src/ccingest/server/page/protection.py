"""Signing in, the token of forms, and the headers that keep foreign content out of the page.

The cookie of a visitor who signed in holds an expiry and its signature, never the server's token. It
is signed with that token, so it holds on every server with the same token, and no longer once the
token is another one.

Each form carries a token of the browser that it was made for: a signature of a random cookie. The
server's check of Origin and this one stand beside each other.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass, field

BROWSER_COOKIE = "ccingest_browser"
SESSION_SECONDS = 14 * 86_400
FORM_FIELD = "csrf"

# No script, style or picture but the server's own, nothing inline, and in no frame of another page.
CONTENT_POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class Signing:
    """Makes and checks what browsers hold. `token` is the server's; None where it needs none."""

    token: str | None = field(default=None, repr=False)
    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    @property
    def session_cookie(self) -> str:
        """Its name. A cookie counts for all ports of a host, so each server on a machine needs a name of its own."""
        return f"ccingest_session_{self._sign('name', '')[:8]}"

    def session(self, now: float | None = None) -> str:
        """The value of a session cookie."""
        expiry = str(int((time.time() if now is None else now) + SESSION_SECONDS))
        return f"{expiry}.{self._sign('session', expiry)}"

    def is_session(self, value: str, now: float | None = None) -> bool:
        """Whether the value is of `session`, and still holds."""
        expiry, _, signature = value.partition(".")
        if not hmac.compare_digest(signature.encode(), self._sign("session", expiry).encode()):
            return False
        return int(expiry) > (time.time() if now is None else now)

    def is_token(self, given: str) -> bool:
        """Whether it is the server's token. Takes as long for each that is not."""
        return self.token is not None and hmac.compare_digest(_digest(given), _digest(self.token))

    def form_token(self, browser: str) -> str:
        """What a form carries that was made for this browser cookie."""
        return self._sign("form", browser)

    def is_form_token(self, value: str, browser: str) -> bool:
        return bool(browser) and hmac.compare_digest(
            value.encode(), self.form_token(browser).encode()
        )

    def _sign(self, purpose: str, text: str) -> str:
        key = self.key if self.token is None else _digest(self.token)
        return hmac.new(key, f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()


def new_browser() -> str:
    return secrets.token_urlsafe(24)


def cookie(name: str, value: str, *, secure: bool, seconds: int | None = None) -> str:
    """The value of a Set-Cookie header. `seconds` None: until the browser is closed; 0: removes it."""
    age = "" if seconds is None else f"; Max-Age={seconds}"
    return f"{name}={value}; Path=/{age}; HttpOnly; SameSite=Strict" + ("; Secure" * secure)


def cookie_in(header: str, name: str) -> str:
    """The value of a cookie in a Cookie header, empty when it has none.

    Not by http.cookies, which takes the square of the length for a value of backslashes in quotes: 5 s
    for a header that a server takes. Values of ours need no quotes.
    """
    found = ""
    for pair in header.split(";"):
        known, _, value = pair.partition("=")
        if known.strip() == name:
            found = value.strip().strip('"')
    return found


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
