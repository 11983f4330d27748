"""Which URLs may get the token, and the callbacks through which libgit2 asks for it."""

from __future__ import annotations

import logging
import re
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

import pygit2
from pygit2.enums import CredentialType

from ccingest.addresses import public_addresses
from ccingest.errors import NetworkError, UnsupportedSourceError
from ccingest.hosts import PUBLIC_HOST, is_loopback
from ccingest.models import Reference
from ccingest.sources.git.received import check_received
from ccingest.watchdog import Pulse

_log = logging.getLogger(__name__)

DEFAULT_PORTS = {"http": 80, "https": 443}
# Bytes of one pack. One commit of the largest repositories that we know has 3 GiB; their whole
# history, which is fetched from a server that serves no commits by their ids, has under 10.
MOST_RECEIVED = 16 * 1024**3

# What may follow `https://HOST/`. libgit2 passes decoded URLs, in which the userinfo of
# `https://HOST%2f@EVIL/` looks like a host. So a URL with an @ or another unusual character gets no token.
_PLAIN_PATH = re.compile(r"[A-Za-z0-9._~/+-]*")


@dataclass(frozen=True, slots=True)
class Access:
    """A token and the one host it belongs to ("github.com", "git.corp.example:8443").

    And which hosts may be connected to at all.
    """

    token: str | None = None
    host: str = PUBLIC_HOST
    public_only: bool = False  # connect only to hosts on the public internet

    def __repr__(self) -> str:
        return f"Access(host={self.host!r})"

    def token_for(self, url: str) -> str | None:
        """The token, if this URL may get it. Such a URL begins with exactly `https://HOST/`.

        `http://HOST/` is allowed as well if the host is this machine.
        """
        host = self.host.lower().removesuffix(":443")
        schemes = ("https", "http") if is_loopback(_name_of(host)) else ("https",)
        for beginning in (f"{scheme}://{host}/" for scheme in schemes):
            has_host = url[: len(beginning)].lower() == beginning
            if has_host and _PLAIN_PATH.fullmatch(url, len(beginning)):
                return self.token
        return None

    def token_after_redirects(self, first: str, url: str) -> str | None:
        """The token, if it may go to `url`, where redirects of the URL `first` led.

        What is asked for elsewhere never gets it, whatever host that leads to.
        """
        return self.token_for(url) if self.token_for(first) else None


def check_public(ref: Reference) -> None:
    """Raises ForbiddenAddressError when the host of a repository leads to an address of ours.

    Only to say so early: each connection checks again, and a name that has no address now may
    have one then.
    """
    parts = urlsplit(ref.location)
    try:
        public_addresses(parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme])
    except NetworkError as error:
        _log.info("%s", error.message)


@dataclass(frozen=True, slots=True)
class TokenUse:
    """What an error needs to know about the token of one request."""

    has_token: bool  # there is one
    may_give_token: bool  # it belongs to the host
    gave_token: bool


class TransferCallbacks(pygit2.RemoteCallbacks):
    """Gives credentials to one transfer and notes its progress, and what errors need to know."""

    def __init__(
        self,
        ref: Reference,
        url: str,
        access: Access,
        pulse: Pulse,
        into: pygit2.Repository,
        most_objects: int,
    ) -> None:
        """`url` is where the redirects of the repository's own URL lead."""
        super().__init__()
        self._into = into
        self._most_objects = most_objects
        self._is_checked = False
        self._access = access
        self._pulse = pulse
        self._may_give_token = access.token_after_redirects(ref.location, url) is not None
        self._gave_token = False
        self.has_begun = threading.Event()  # the server sends a pack, or says that it will

    @property
    def token_use(self) -> TokenUse:
        return TokenUse(self._access.token is not None, self._may_give_token, self._gave_token)

    def credentials(
        self,
        url: str,
        username_from_url: str | None,  # noqa: ARG002 - the name is libgit2's
        allowed_types: CredentialType,  # noqa: ARG002
    ) -> pygit2.UserPass:
        # A redirect on the same host may lead to `url`. A repository on another host never gets the
        # token, whatever `url` is.
        token = self._access.token_for(url) if self._may_give_token else None
        # If libgit2 asks again, the server has refused the token. Giving it again would never end.
        if self._gave_token or not token:
            raise pygit2.Passthrough
        self._gave_token = True
        return pygit2.UserPass("x-access-token", token)

    def sideband_progress(self, string: str) -> None:  # noqa: ARG002 - "Counting objects: ..."
        self.has_begun.set()
        self._pulse.beat()

    def transfer_progress(self, stats: pygit2.remotes.TransferProgress) -> None:
        self.has_begun.set()
        if stats.received_bytes > MOST_RECEIVED:
            raise UnsupportedSourceError(
                f"The server sends over {MOST_RECEIVED // 2**30} GiB; ccingest takes no repository of "
                "that size."
            )
        if stats.total_objects > self._most_objects:
            raise UnsupportedSourceError(
                f"The server sends {stats.total_objects:,} objects; ccingest takes at most "
                f"{self._most_objects:,}."
            )
        pulse = self._pulse
        pulse.files, pulse.all_files = stats.received_objects, stats.total_objects
        pulse.bytes = stats.received_bytes
        pulse.beat()
        if stats.received_objects == stats.total_objects and not self._is_checked:
            self._is_checked = True
            check_received(self._into, pulse.beat)


def _name_of(host: str) -> str:
    """A host without its port: `[::1]:8443` is `::1`."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:  # such a host is no loopback address
        return ""
