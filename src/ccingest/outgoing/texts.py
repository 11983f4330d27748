"""What another server, or the network, says, as a part of a sentence of ours."""

from __future__ import annotations

import re

from ccingest.secrets import hide_secrets

_LONGEST = 200  # characters of a text in a message
_LONGEST_READ = 10_000  # characters of which those are taken
_ERRNO = re.compile(r"\[Errno -?\d+\] ")


def shown_text(text: str) -> str:
    """The text on one line, without secrets, cut to a length that a message has room for."""
    text = hide_secrets(_ERRNO.sub("", text[:_LONGEST_READ]))[:_LONGEST]
    return "".join(char if char.isprintable() else "?" for char in text)
