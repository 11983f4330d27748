"""Postgres's errors as ours. Their text never holds a password."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import errors

from ccingest.database_address import PostgresAddress
from ccingest.errors import (
    CcingestError,
    ConnectionLostError,
    StorageFullError,
    StoreBusyError,
    StoreError,
    UsageError,
)
from ccingest.secrets import hide_secrets

# The server goes down, or a connection was ended from elsewhere.
_ENDED = ("57P01", "57P02", "57P03", "57P05", "25P03")
_CONNECTION = "08"  # the class of what is wrong with a connection; poolers tell of it so
# libpq gives no code for why a connection is refused.
_PASSING = (
    "starting up",
    "shutting down",
    "in recovery mode",
    "too many",
    "connection slots",
    "closed the connection",
)
_REFUSED = ("password", "authentication", "role ", "pg_hba")


def is_lost(error: psycopg.Error, connection: psycopg.Connection[Any]) -> bool:
    """Whether the connection is gone."""
    code = error.sqlstate or ""
    return (
        code in _ENDED
        or code.startswith(_CONNECTION)
        or (
            isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
            and bool(connection.closed)
        )
    )


def may_pass(error: psycopg.Error) -> bool:
    """Whether a server that refuses a connection may soon take one."""
    return any(text in str(error) for text in _PASSING)


def lost(address: PostgresAddress, error: Exception | None) -> ConnectionLostError:
    why = f": {reason(error)}" if error else ""
    return ConnectionLostError(
        f"The connection to {address} was lost, and nothing was stored{why}; try again when the "
        "server is back."
    )


def unreachable(address: PostgresAddress, error: psycopg.Error) -> CcingestError:
    """The error for a server that can't be reached at all, or refuses the user."""
    if not isinstance(error, psycopg.OperationalError) or error.sqlstate:
        return translated(error, address)
    text = reason(error)
    if any(word in text for word in _REFUSED):
        return StoreError(f"{address} refuses the user or the password: {text}.")
    if "does not exist" in text:
        return StoreError(f"{address}: {text}; create it first.")
    return StoreError(
        f"{address} can't be reached: {text}; check the address, and that the server runs."
    )


def of_statement(
    error: psycopg.Error, address: PostgresAddress, connection: psycopg.Connection[Any]
) -> CcingestError:
    """The error of a statement, or of what took its connection away."""
    return lost(address, error) if is_lost(error, connection) else translated(error, address)


def translated(error: psycopg.Error, address: PostgresAddress) -> CcingestError:
    """The error of a statement."""
    text = reason(error)
    if isinstance(error, _BUSY):
        return StoreBusyError(f"Another process writes {address}; try again when it is done.")
    if isinstance(error, errors.DiskFull):
        return StorageFullError(
            f"The disk of the server is full, {address} could not be written; free some space."
        )
    if isinstance(error, errors.UntranslatableCharacter | errors.CharacterNotInRepertoire):
        return UsageError(f"A text holds a character that Postgres can't store: {text}.")
    advice = next((words for kind, words in _ADVICE if isinstance(error, kind)), "")
    if advice:
        return StoreError(f"{address}: {text}; {advice}.")
    return StoreError(f"Postgres failed on {address}: {text}.")


_BUSY = (
    errors.LockNotAvailable,
    errors.DeadlockDetected,
    errors.SerializationFailure,
    errors.UniqueViolation,
)
_ADVICE: tuple[tuple[type[psycopg.Error], str], ...] = (
    (errors.InsufficientPrivilege, "give the user the right to create and use tables there"),
    (errors.ReadOnlySqlTransaction, "it may be a standby: name the primary"),
    (errors.UndefinedTable, "the schema is damaged: restore it from a backup"),
    (errors.UndefinedColumn, "the schema is damaged: restore it from a backup"),
)


def nul_in(text: str) -> UsageError:
    """The error for a text that Postgres does not take."""
    return UsageError(f"{text[:100]!a} holds a NUL character, which Postgres can't store.")


def reason(error: Exception) -> str:
    """The first line of what is wrong, without the secrets in it."""
    said = getattr(getattr(error, "diag", None), "message_primary", None) or str(error)
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if not lines:
        return type(error).__name__
    return hide_secrets(lines[0].split(" failed: ")[-1]).rstrip(".")
