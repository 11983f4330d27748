"""The bytes of a file -> its text."""

from __future__ import annotations

import re
from codecs import BOM_UTF8

from ccingest.selection.appended import in_one_encoding
from ccingest.selection.wide import byte_order

_TEXT_CONTROLS = bytes([7, 8, 9, 10, 11, 12, 13, 27])
_CONTROLS = bytes(set(range(32)) - set(_TEXT_CONTROLS)) + b"\x7f"
_MOST_CONTROLS = 0.01  # share of bytes
_DETECT_BYTES = 64 * 1024
_MOST_CHAOS = 0.15  # charset-normalizer's measure of disorder; random bytes have more

# A text may have a NUL in as many bytes. A binary file has more.
_BYTES_FOR_A_NUL = 1000
_BYTES_FOR_A_NUL_IN_CLEAN = 50
# A text may have a bad unit of UTF-16 in as many.
_UNITS_FOR_A_BAD_ONE = 100
_BAD = "\ufffd"
# Escapes of ISO-2022-JP and ISO-2022-KR, which are ASCII otherwise.
_JAPANESE_ESCAPE = re.compile(rb"\x1b(?:\$[@B]|\(J)")
_KOREAN_ESCAPE = b"\x1b$)C"
# A letter in two halves, as Java, old MySQL and Oracle write what is above U+FFFF.
_PAIR = re.compile(rb"\xed[\xa0-\xaf][\x80-\xbf]\xed[\xb0-\xbf][\x80-\xbf]")
# What stands after some texts: Ctrl-Z as the end of a file of DOS and CP/M, with the rest of its block, and
# a NUL as the end of a string of C.
_END_MARKS = re.compile(rb"(?:\x1a[\x00\x1a]*[\r\n]*|(?<!\x00)\x00{1,4})\Z")
_END_BYTES = 256
_END_LETTERS = "\x00\x1a"
# Binary files of printable bytes: Rich Text, and Python's first form of pickles, which ends so.
_PRINTABLE_HEAD, _PRINTABLE_END = b"{\\rtf", b"."
_LONE_CR = re.compile(r"\r(?!\n)")


def decode(data: bytes) -> str | None:
    """The text: of UTF-8 or UTF-16, or in the older encoding in which it makes most sense.

    Bytes that are wrong in otherwise good UTF-8 or UTF-16 become U+FFFD, each. Where most lines end
    with a lone CR, as on old Macs, they end with LF in the text. None when the file is binary or no
    encoding is clear.
    """
    text = _decoded(data)
    if text is None or "\r" not in text:
        return text
    lone = len(_LONE_CR.findall(text))
    return _LONE_CR.sub("\n", text) if lone > text.count("\n") else text


def looks_binary(data: bytes) -> bool:
    """Whether the bytes hold NUL, or more control characters than a text has."""
    if b"\x00" in data:
        return True
    head = data[:_DETECT_BYTES]
    return len(head) - len(head.translate(None, _CONTROLS)) > len(head) * _MOST_CONTROLS


def is_plain(data: bytes) -> bool:
    """Whether it is a text where most files of its name are binary."""
    data = _without_end_marks(data)
    return not (
        _has_controls(data) or data.startswith(_PRINTABLE_HEAD) or data.endswith(_PRINTABLE_END)
    )


def _has_controls(data: bytes) -> bool:
    return len(data.translate(None, _CONTROLS)) < len(data)


def _without_end_marks(data: bytes) -> bytes:
    """The bytes before marks of the end, if those are plainly a text."""
    found = _END_MARKS.search(data[-_END_BYTES:])
    if found is None:
        return data
    text = data[: len(data) - len(found[0])]
    is_of_c = b"\x1a" not in found[0]
    if len(text) < len(found[0]) or _has_controls(text) or (is_of_c and not _strict(text, "utf-8")):
        return data
    return text


def _decoded(data: bytes) -> str | None:
    if data.startswith((b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")):
        return _decode_wide(data, "utf-32")
    if b"\x00" in data and (plain := in_one_encoding(data)) is not None:
        return _decode_narrow(plain)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decode_wide(data, "utf-16")
    if b"\x00" in data and (order := byte_order(data)):
        return _decode_wide(data, order)
    return _decode_narrow(_without_end_marks(data))


def _decode_narrow(data: bytes) -> str | None:
    """The text of an encoding in which letters of ASCII have one byte."""
    if b"\x00" in data:
        return _decode_with_nuls(data)
    if text := _by_escapes(data):
        return text
    if looks_binary(data):
        return None
    text = _strict(data, "utf-8")
    return _decode_broken(data) if text is None else text


def _by_escapes(data: bytes) -> str | None:
    if data.startswith(_KOREAN_ESCAPE):
        return _strict(data, "iso2022_kr")
    if _JAPANESE_ESCAPE.search(data) and not looks_binary(data):
        return _strict(data, "iso2022_jp")
    return None


def _decode_wide(data: bytes, encoding: str) -> str | None:
    # A line end that a tool added as one byte is no bad unit, of which a short text may have none.
    over = len(data) % (4 if encoding == "utf-32" else 2)
    whole, rest = data[: len(data) - over], data[len(data) - over :]
    end = rest.decode("ascii", errors="replace").strip(_END_LETTERS)
    padded = whole.decode(encoding, errors="replace")
    text = padded.rstrip(_END_LETTERS)
    if len(padded) > 2 * len(text):
        return None
    text += _BAD if end.strip() else end
    nuls, bad = text.count("\x00"), text.count(_BAD)
    if (nuls + bad) * _UNITS_FOR_A_BAD_ONE > len(text) or looks_binary(
        text.replace("\x00", "").encode("utf-8", errors="replace")
    ):
        return None
    return text.replace("\x00", _BAD)


def _decode_with_nuls(data: bytes) -> str | None:
    nuls, rest = data.count(0), data.replace(b"\x00", b"")
    text = _strict(data, "utf-8")
    # A short program may have one in a literal. A short binary file has other signs, too.
    is_clean = text is not None and not _has_controls(rest) and rest.count(b"\n") > nuls
    most = len(data) // (_BYTES_FOR_A_NUL_IN_CLEAN if is_clean else _BYTES_FOR_A_NUL)
    if nuls > most or looks_binary(rest):
        return None
    if text is None:
        text = _decode_broken(data)
    return None if text is None else text.replace("\x00", _BAD)


def _decode_broken(data: bytes) -> str | None:
    """The text of what is not good UTF-8. By chance, a part of other encodings would be."""
    if data.startswith(BOM_UTF8):
        # The mark says UTF-8, but a tool may have put it before any text.
        rest = _decode_unmarked(data[len(BOM_UTF8) :])
        return None if rest is None else "\ufeff" + rest
    return _decode_unmarked(data)


def _decode_unmarked(data: bytes) -> str | None:
    if (whole := _strict(_PAIR.sub(_joined_pair, data), "utf-8")) is not None:
        return whole
    from ccingest.selection.declared import decode_as_declared
    from ccingest.selection.encodings import detected
    from ccingest.selection.mixed import GOOD_FOR_A_BAD, decode_by_lines, good_and_bad

    text, good, bad = good_and_bad(data)
    # One that is rather UTF-8 speaks of another encoding, as a text about encodings does.
    if good < bad and (declared := decode_as_declared(data)) is not None:
        return declared
    if good and (of_two := decode_by_lines(data)) is not None:
        return of_two
    if good >= bad * GOOD_FOR_A_BAD:
        return text
    encoding = detected(data, maybe_utf8=good >= bad)
    if encoding:
        # An encoding may leave a few bytes without a meaning.
        return data.decode(encoding, errors="replace")
    return text if good >= bad else _decode_by_detection(data)


def _joined_pair(pair: re.Match[bytes]) -> bytes:
    letters = pair[0].decode("utf-8", errors="surrogatepass")
    return letters.encode("utf-16-le", errors="surrogatepass").decode("utf-16-le").encode()


def _decode_by_detection(data: bytes) -> str | None:
    from charset_normalizer import from_bytes

    # Only bytes that are not ASCII show the encoding: detect it in the part around the first one.
    first = next(i for i, byte in enumerate(data) if byte > 127)
    start = max(0, first - _DETECT_BYTES // 2)
    best = from_bytes(data[start : start + _DETECT_BYTES], threshold=_MOST_CHAOS).best()
    try:
        return data.decode(best.encoding, errors="replace") if best else None
    except LookupError:
        return None


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None
