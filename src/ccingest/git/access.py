"""Who may have the token, and the callbacks through which libgit2 asks for it."""

from __future__ import annotations

import ipaddress
import time
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

import pygit2
from pygit2.enums import CredentialType

from ccingest.events import Emit, TransferProgress
from ccingest.settings import PUBLIC_HOST

_EMIT_INTERVAL = 0.1  # seconds


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
        is_safe = parts.scheme == "https" or _is_loopback(parts.hostname or "")
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


def _host_and_port(parts: SplitResult) -> str:
    host = parts.netloc.rpartition("@")[2].lower()
    return host.removesuffix(":443") if parts.scheme == "https" else host


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
