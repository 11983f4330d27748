"""Text from elsewhere as a reader may see it: in a terminal, a prompt or a page."""

from __future__ import annotations

import re

# Characters that must not reach a reader as they are. Control characters except tab and newline: with
# them, a file name or a snippet could control the terminal. Characters that reorder text or are
# invisible: they can hide what code does, and instructions in a prompt. Surrogates: bytes that are
# not UTF-8.
_UNSAFE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e0fff\ud800-\udfff]"
)


# Python's stand-ins for bytes that are no UTF-8, in arguments and in names of files.
BYTES_NO_TEXT = re.compile(r"[\udc80-\udcff]")


def storable(text: str) -> str:
    r"""The text with what is no text written out: a byte that is no UTF-8 becomes `\xe9`.

    >>> storable("caf\udce9")
    'caf\\\\xe9'
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        text = BYTES_NO_TEXT.sub(lambda found: f"\\x{ord(found[0]) - 0xDC00:02x}", text)
        return text.encode("utf-8", "backslashreplace").decode()
    return text


def safe(text: str) -> str:
    """On one line, with what could control a terminal made visible, such as `\\x1b`."""
    return safe_block(text).replace("\n", "\\n").replace("\t", "\\t")


def safe_block(text: str) -> str:
    """The same for text of several lines."""
    return _UNSAFE.sub(lambda found: ascii(found[0])[1:-1], text)
