"""Reading a file of the user's, and replacing it as a whole."""

from __future__ import annotations

from pathlib import Path

from ccingest.disk import replace_file
from ccingest.errors import StoreError, UsageError

_MOST_BYTES = 64 * 1024 * 1024


def read_text(path: Path) -> str | None:
    """The content of the file, with its line ends; None when there is none. Raises UsageError."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UsageError(f"{path} is too large for a configuration.")
        return path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no text in UTF-8.") from error
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.") from error


def replace_text(path: Path, text: str) -> None:
    """Write the file at once, with the permissions that it has; remove it when nothing is left.

    A link to it, as in dotfiles, stays one. Raises StoreError.
    """
    target = path.resolve()
    try:
        if not text:
            target.unlink(missing_ok=True)
            return
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o644
    except OSError as error:
        raise StoreError(f"{path} can't be written: {error.strerror}.") from error
    replace_file(path, text.encode(), mode=mode)
