"""Links in a terminal (OSC 8): to the line in the editor, to its permalink, or to the file."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING
from urllib.parse import quote

from ccingest.errors import UsageError
from ccingest.terminal.editors import editor_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rich.console import Console

    from ccingest.models import Hit

# They show the sequence as text, or do worse with it. Others ignore what they don't know.
_UNABLE = ("dumb", "linux", "cons25", "vt100", "vt220", "eterm")


def can_link(console: Console, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal takes links. FORCE_HYPERLINK, 1 or 0, is the last word."""
    forced = environ.get("FORCE_HYPERLINK")
    if forced:
        return console.is_terminal and forced != "0"
    terminal = environ.get("TERM", "").lower()
    return console.is_terminal and bool(terminal) and not terminal.startswith(_UNABLE)


def link_of(hit: Hit, file: Path | None) -> str | None:
    """Where a click on the hit leads; None when it can't lead anywhere.

    `file` is the hit's file on this machine, if it is there.
    """
    if file is None:
        return hit.url
    try:
        editor = editor_of()
    except UsageError:  # `open` reports it, when an editor is needed
        editor = None
    in_editor = editor.link_to(file, hit.start_line) if editor else None
    return in_editor or hit.url or f"file://{socket.gethostname()}{quote(str(file))}"
