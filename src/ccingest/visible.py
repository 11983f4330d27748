"""Text from elsewhere as a reader may see it: in a terminal, a prompt or a page."""

from __future__ import annotations

import re
from typing import Any

# Characters that must not reach a reader as they are. Control characters except tab and newline: with
# them, a file name or a snippet could control the terminal. Characters that reorder text or are
# invisible, all that Unicode calls ignorable among them: they can hide what code does, and
# instructions in a prompt. Surrogates: bytes that are not UTF-8. A variation selector says how an emoji
# looks; anywhere else, a run of them spells out bytes that nobody sees.
_EMOJI = r"[\xa9\xae\u203c-\u3299\U0001f000-\U0001faff]"
_UNSAFE = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff\ud800-\udfff]"
    rf"(?<!{_EMOJI}[\ufe0e\ufe0f])(?<![#*0-9]\ufe0f(?=\u20e3))"
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


def safe_document(value: Any) -> Any:
    """The same for every text of a document that a model reads."""
    if isinstance(value, str):
        return safe_block(value.replace("\r\n", "\n"))
    if isinstance(value, dict):
        return {name: safe_document(held) for name, held in value.items()}
    return [safe_document(one) for one in value] if isinstance(value, list | tuple) else value
