"""Links in a terminal (OSC 8): to the line in the editor, to its permalink, or to the file."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING
from urllib.parse import quote

from ccingest.cli.editors import editor_of
from ccingest.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from ccingest.models import Dataset, Hit

# They show the sequence as text, or do worse with it. Others ignore what they don't know.
_UNABLE = ("dumb", "linux", "cons25", "vt100", "vt220", "eterm")


def can_link(console: Console, environ: Mapping[str, str] = os.environ) -> bool:
    """Whether the terminal takes links. FORCE_HYPERLINK, 1 or 0, is the last word."""
    forced = environ.get("FORCE_HYPERLINK")
    if forced:
        return console.is_terminal and forced != "0"
    terminal = environ.get("TERM", "").lower()
    return console.is_terminal and bool(terminal) and not terminal.startswith(_UNABLE)


def link_of(hit: Hit, datasets: Sequence[Dataset]) -> str | None:
    """Where a click on the hit leads; None when it can't lead anywhere."""
    from ccingest.app.read import on_disk

    stored = next(
        (one for one in datasets if (one.project, one.name) == (hit.project, hit.dataset)), None
    )
    file = on_disk(stored, hit.path) if stored else None
    if file is None:
        return hit.url
    try:
        editor = editor_of()
    except UsageError:  # `open` reports it, when an editor is needed
        editor = None
    in_editor = editor.link_to(file, hit.start_line) if editor else None
    return in_editor or hit.url or f"file://{socket.gethostname()}{quote(str(file))}"
