"""What the operator of a server decides: where it listens, who may ask, and what it may reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ccingest.errors import UsageError
from ccingest.hosts import is_loopback
from ccingest.models.submissions import Reach

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 3030
TOKEN_VARIABLE = "CCINGEST_TOKEN"
SECRET_VARIABLE = "CCINGEST_WEBHOOK_SECRET"
_LONGEST_SECRET = 4096  # bytes


@dataclass(frozen=True, slots=True)
class Limits:
    """The most that one client may take."""

    body: int = 1024 * 1024  # bytes of a request
    webhook_body: int = 25 * 1024 * 1024  # GitHub sends no more
    bodies: int = 128 * 1024 * 1024  # bytes of all requests that are answered at once
    headers: int = 32 * 1024  # bytes
    header_seconds: float = 10.0  # until the headers of a request are there
    body_seconds: float = 20.0  # until its body is
    answer_seconds: float = 120.0  # until its answer is read; streams have no end
    connections: int = 2000
    queued_messages: int = 1000  # of one subscriber of events, before it counts as too slow
    waiting_calls: int = 200  # requests that wait for a thread, before the next is refused
    waiting_questions: int = 100  # of these, questions
    question_wait: float = 2.0  # seconds until a question is begun, or refused


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """The options of a server. The secrets are in no repr, because a repr ends up in logs."""

    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    workers: int = 1
    read_only: bool = False
    project: str | None = None  # the only one that is answered about; None: all
    question_processes: int = 0  # that answer questions; 0: the server's own process does
    token: str | None = field(default=None, repr=False)
    allowed_hosts: tuple[str, ...] = ()  # names in the Host header beside loopback and `host`
    allowed_origins: tuple[str, ...] = ()  # of pages elsewhere, such as "https://tools.example.org"
    folders: tuple[Path, ...] = ()  # below which a request may name a folder
    allow_private: bool = False  # whether a request may clone from private addresses
    webhook_secret: str | None = field(default=None, repr=False)
    webhook_branches: tuple[str, ...] = ()  # globs; empty: every branch that a dataset has
    limits: Limits = Limits()

    @property
    def reach(self) -> Reach:
        """What requests may read."""
        return Reach(self.folders, private=self.allow_private)

    def check(self) -> ServerOptions:
        """Raises UsageError for an address that others reach when no token keeps them out."""
        if not self.token and not is_loopback(self.host.strip("[]")):
            raise UsageError(
                f"Others can reach the address {self.host}, so the server needs a token: set "
                f"{TOKEN_VARIABLE}, or give a file that holds it."
            )
        return self


def read_secret(
    environment: Mapping[str, str], variable: str, file: Path | None = None
) -> str | None:
    """The secret in the file, or else in the variable; None without one. Raises UsageError."""
    if file is None:
        return environment.get(variable, "").strip() or None
    try:
        with file.open("rb") as opened:
            text = opened.read(_LONGEST_SECRET + 1).decode("ascii").strip()
    except OSError as error:
        raise UsageError(f"{file} can't be read: {error.strerror}.") from error
    except UnicodeDecodeError:
        raise UsageError(f"{file} holds no secret: it is no plain text.") from None
    if not text or len(text) > _LONGEST_SECRET:
        raise UsageError(f"{file} holds no secret: it is empty, or too long.")
    return text
