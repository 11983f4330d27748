"""Who may have the token, and the callbacks through which libgit2 asks for it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from urllib.error import HTTPError
from urllib.parse import SplitResult, urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

import pygit2
from pygit2.enums import CredentialType

from ccingest.events import Emit, TransferProgress
from ccingest.settings import PUBLIC_HOST, is_loopback

_EMIT_INTERVAL = 0.1  # seconds
_ASK_TIMEOUT = 20.0  # seconds

# libgit2 1.9.2, and so the pygit2 for Python 3.10, asks for credentials in the name of the first
# URL even when a redirect led elsewhere; 1.9.6 tells where it is.
_TELLS_REDIRECTS = tuple(map(int, pygit2.LIBGIT2_VERSION.split(".")[:3])) >= (1, 9, 6)


@dataclass(frozen=True, slots=True)
class Access:
    """A token and the one host it belongs to ("github.com", "git.corp.example:8443")."""

    token: str | None = None
    host: str = PUBLIC_HOST

    def __repr__(self) -> str:
        return f"Access(host={self.host!r})"

    def token_for(self, url: str) -> str | None:
        """The token, if it may go to this URL: its own host, over TLS or the loopback."""
        parts = urlsplit(url)
        is_safe = parts.scheme == "https" or is_loopback(parts.hostname or "")
        return self.token if is_safe and _host_and_port(parts) == self.host.lower() else None


class TransferCallbacks(pygit2.RemoteCallbacks):
    """Credentials and progress of one transfer, and what an error needs to know about it."""

    def __init__(self, url: str, access: Access, emit: Emit) -> None:
        super().__init__()
        self._access = access
        self._emit = emit
        self._next_emit = 0.0
        self._last = TransferProgress(0, 0, 0)
        self.has_token = access.token is not None
        self.may_give_token = access.token_for(url) is not None
        self.gave_token = False

    def credentials(
        self,
        url: str,
        username_from_url: str | None,  # noqa: ARG002 - the name is libgit2's
        allowed_types: CredentialType,  # noqa: ARG002
    ) -> pygit2.UserPass:
        # After a redirect, `url` is where it led to.
        token = self._access.token_for(url)
        # Asked a second time, the server has refused it: giving it again would go on for ever.
        if self.gave_token or not token:
            raise pygit2.Passthrough
        if not _TELLS_REDIRECTS and not self._access.token_for(_destination(url)):
            raise pygit2.Passthrough
        self.gave_token = True
        return pygit2.UserPass("x-access-token", token)

    def sideband_progress(self, string: str) -> None:  # noqa: ARG002 - "Counting objects: ..."
        self._tell()

    def transfer_progress(self, stats: pygit2.remotes.TransferProgress) -> None:
        self._last = TransferProgress(
            stats.received_objects, stats.total_objects, stats.received_bytes
        )
        self._tell()

    def finish(self) -> None:
        """Tell the final figures, whenever the last ones were told."""
        self._emit(self._last)

    def _tell(self) -> None:
        now = time.monotonic()
        if now >= self._next_emit:
            self._next_emit = now + _EMIT_INTERVAL
            self._emit(self._last)


class _StayHere(HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Follow no redirect: the answer with the redirect is the answer."""


def _destination(url: str) -> str:
    """Where the server sends who asks for this repository, without a token: `url` itself, mostly."""
    address = f"{url.rstrip('/')}/info/refs?service=git-upload-pack"
    try:
        build_opener(_StayHere).open(address, timeout=_ASK_TIMEOUT).close()
    except HTTPError as answer:
        return urljoin(address, answer.headers.get("Location") or address)
    except OSError:
        return url  # libgit2 meets the same failure, and names it
    return url


def _host_and_port(parts: SplitResult) -> str:
    host = parts.netloc.rpartition("@")[2].lower()
    return host.removesuffix(":443") if parts.scheme == "https" else host
