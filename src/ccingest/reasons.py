"""Why a connection failed, in words for a person."""

from __future__ import annotations

import re

# What Python writes around the words of the system and of OpenSSL.
_AROUND = re.compile(r"\[(?:Errno -?\d{1,9}|SSL(?:: \w{1,60})?)\] ?| \(_ssl\.c:\d{1,9}\)")
# OpenSSL's words for an answer that is not encrypted.
_NO_TLS = ("wrong version number", "record layer failure", "http request")


def plain_reason(error: object) -> str:
    """The text of an error without numbers and names that only programmers know.

    >>> plain_reason("[Errno 111] Connection refused")
    'Connection refused'
    >>> plain_reason("[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)")
    'it does not speak TLS'
    """
    text = _AROUND.sub("", str(error)).strip()
    return "it does not speak TLS" if text in _NO_TLS else text
