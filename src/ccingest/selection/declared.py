"""The encoding that a text says of itself: to an editor, a parser, a browser or a compiler."""

from __future__ import annotations

import codecs
import re

_HEAD, _END = 4096, 1024  # bytes in which it stands
_NAME = rb"[\"']?(?P<name>[A-Za-z][\w.:-]{1,40})"
# In the first two lines, as Python, Ruby and Emacs read it, and in the last ones.
_FIRST_LINES = re.compile(rb"[^\n]*\n?[^\n]*")
_CODING = re.compile(rb"\b(?:en)?coding[ \t]?[:=][ \t]*" + _NAME, re.IGNORECASE)
_LOCAL = re.compile(
    rb"\b(?:Local Variables:[^\f]{0,500}?\bcoding[ \t]?|(?:vim?|ex):[^\n]{0,200}?\b(?:fileencoding|fenc)[ \t]?)[:=][ \t]*"
    + _NAME
)
_HEADS = re.compile(
    rb"""(?:
      ^(?:\xef\xbb\xbf)?<\?xml[^<>]{0,200}?\bencoding[ \t]?=[ \t]?
    | <meta\b[^<>]{0,200}?\bcharset[ \t]?=[ \t]?
    | \bcontent-type:[^\n]{0,80}?\bcharset=    # gettext, PHP
    | ^@charset[ \t]+
    | ^=encoding[ \t]+
    | ^[ \t]*use[ \t]+encoding[ \t(]+
    | \\(?:(?:usepackage|RequirePackage)\[(?=[\w.-]+\]\{inputenc\})|inputencoding\{)
    )"""
    + _NAME,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
_END_OF_LINES = re.compile(r"-(?:unix|dos|mac)$")
_ALIASES = {
    "ansinew": "cp1252", "applemac": "mac_roman", "x-mac-roman": "mac_roman", "x-sjis": "cp932", "euc-japan": "euc_jp",
    "x-euc-jp": "euc_jp", "japanese-shift-jis": "cp932", "japanese-iso-8bit": "euc_jp", "chinese-gbk": "gb18030",
    "chinese-gb18030": "gb18030", "chinese-iso-8bit": "gb18030", "euc-cn": "gb18030", "x-gbk": "gb18030", "chinese-big5": "big5",
    "korean-iso-8bit": "cp949", "cyrillic-koi8": "koi8_r", "windows-31j": "cp932", "latin10": "iso8859_16",
}  # fmt: skip
# What holds all of the other and more, and is what is meant.
_WIDER = {
    "iso8859-1": "cp1252", "shift_jis": "cp932", "gb2312": "gb18030", "gbk": "gb18030", "euc_kr": "cp949",
    "tis-620": "cp874", "iso8859-9": "cp1254", "koi8-r": "koi8_u", "big5": "big5hkscs",
}  # fmt: skip
# Of Unicode, which the bytes tell by themselves, and what is no encoding of a text.
_OTHERS = re.compile(
    r"utf|unicode|ascii|idna|punycode|mbcs|oem|undefined|charmap|palmos|hz$|iso2022"
)


def decode_as_declared(data: bytes) -> str | None:
    """The text in the encoding that it says; None if it says none in which all of it has a meaning."""
    for name in _names(data):
        for encoding in (_WIDER.get(name, name), name):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                continue
    return None


def _names(data: bytes) -> list[str]:
    """The encodings that its first and last lines name, as Python calls them."""
    head, end = data[:_HEAD], data[-_END:]
    first = _FIRST_LINES.match(head)
    forms = [
        *_CODING.finditer(first[0] if first else b""),
        *_HEADS.finditer(head),
        *_LOCAL.finditer(head),
        *_LOCAL.finditer(end),
    ]
    return list(dict.fromkeys(filter(None, (_known(form["name"].decode()) for form in forms))))


def _known(name: str) -> str:
    lowered = _END_OF_LINES.sub("", name.lower().rstrip(".:-"))
    try:
        found = codecs.lookup(_ALIASES.get(lowered, lowered))
    except (LookupError, ValueError):
        return ""
    is_text = getattr(found, "_is_text_encoding", False)
    return found.name if is_text and not _OTHERS.search(found.name) else ""
