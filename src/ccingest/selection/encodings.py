"""Which of the encodings before UTF-8 a file is in, by the lines with bytes beyond ASCII.

The other lines would only tell that it is English, and most of a source file is such lines.
"""

from __future__ import annotations

from collections.abc import Iterator

_MOST_BYTES = 8 * 1024  # of lines that are looked at
_MOST_OF_LINE = 1024
_PLAIN = 0.5  # chardet's confidence
_BEFORE = 200  # bytes of a long line before its first byte beyond ASCII
# What source files are in. Of rare ones, few words of some are more likely than of the right one.
_USUAL = tuple(
    """cp1252 iso8859-15 cp850 cp437 mac-roman cp1250 iso8859-2 cp852 cp1254 cp1257 cp1253 iso8859-7
    cp1251 koi8-r koi8-u cp866 iso8859-5 cp1255 cp1256 cp874 cp932 shift_jis euc-jp gb18030 big5 cp949
    euc-kr""".split()
)


def detected(data: bytes, *, maybe_utf8: bool = False) -> str | None:
    """The encoding in which the text makes most sense; None if it makes none in those known here.

    `maybe_utf8`: as many letters of UTF-8 are good as bad, so that another encoding must be plain.
    """
    import chardet

    found = chardet.detect(b"\n".join(_telling_lines(data)), include_encodings=_USUAL)
    encoding = found["encoding"]
    # It may also say one that was not asked for.
    if encoding is None or encoding.lower().startswith(("utf", "ascii")):
        return None
    return None if maybe_utf8 and found["confidence"] < _PLAIN else encoding


def _telling_lines(data: bytes) -> Iterator[bytes]:
    """The distinct lines with bytes beyond ASCII, each from a bit before the first of these."""
    seen: set[bytes] = set()
    left = _MOST_BYTES
    for line in data.split(b"\n"):
        if line.isascii():
            continue
        if len(line) > _MOST_OF_LINE:
            first = next(at for at, byte in enumerate(line) if byte > 0x7F)
            start = max(0, first - _BEFORE)
            telling = line[start : start + _MOST_OF_LINE]
        else:
            telling = line
        if telling in seen:
            continue
        seen.add(telling)
        yield telling
        left -= len(telling)
        if left <= 0:
            return
