"""UTF-16 and UTF-32 without a byte order mark."""

from __future__ import annotations

from collections import Counter
from unicodedata import category

from ccingest.selection.readings import common_letters

_GLANCE, _LOOK = 512, 16 * 1024  # bytes that are looked at, first few: most files are neither
# So much of every second byte of ASCII in UTF-16 is NUL, and so little of the others.
_MANY_NULS, _FEW_NULS = 0.5, 0.05
_MOST_STRANGE = 0.01  # share of letters that no text has
_MOST_OF_OTHER_SCRIPTS = 0.05  # share of the letters beyond ASCII; a binary file has all kinds
_LEAST_LETTERS = 8  # different ones, of the file's script
# Share of the letters of Chinese, Japanese and Korean that are common ones. Of texts in these it is 0.45 to 0.97; of
# ASCII, two letters of which would be one, at most 0.2 (9,500 files).
_LEAST_COMMON = 0.4
_EAST, _EAST_FORMS = range(0x3000, 0xD7A4), range(0xFF00, 0xFFE7)
_ARABIC, _ARABIC_FORMS = 0x600, range(0xFB50, 0xFEFD)
_TEXT_CONTROLS = "\t\n\r\x0c"
_NO_LETTERS = ("Cc", "Cn", "Co", "Cs")
_BLOCK = 256  # letters of a script stand together


def byte_order(data: bytes) -> str | None:
    """The encoding of UTF-16 or UTF-32 in which the bytes make sense; None if in none."""
    head = data[:_LOOK]
    possible = (encoding for encoding in _possible(head) if _is_text(head[:_GLANCE], encoding))
    return _order_of_ascii(head) or next(
        (encoding for encoding in possible if _makes_sense(head, encoding)), None
    )


def _order_of_ascii(head: bytes) -> str | None:
    """By where the NULs of its ASCII stand."""
    first, second = head[::2], head[1::2]
    if not second:
        return None
    share_first, share_second = first.count(0) / len(first), second.count(0) / len(second)
    if share_second > _MANY_NULS and share_first < _FEW_NULS:
        return "utf-16-le"
    return "utf-16-be" if share_first > _MANY_NULS and share_second < _FEW_NULS else None


def _possible(head: bytes) -> tuple[str, ...]:
    """No letter is above U+10FFFF, so one byte of each in UTF-32 is NUL, and the next nearly."""
    if not any(head[3::4]) and len(head) >= 4 * _LEAST_LETTERS:
        return ("utf-32-le",)
    if not any(head[::4]) and len(head) >= 4 * _LEAST_LETTERS:
        return ("utf-32-be",)
    return ("utf-16-le", "utf-16-be")


def _is_text(head: bytes, encoding: str) -> bool:
    """Whether nearly all is what texts have, of any script."""
    letters = _letters(head, encoding)
    strange = sum(count for letter, count in letters.items() if _is_strange(letter))
    return strange <= _MOST_STRANGE * letters.total()


def _makes_sense(head: bytes, encoding: str) -> bool:
    if not _is_text(head, encoding):
        return False
    letters = _letters(head, encoding)
    scripts, different = Counter[int](), Counter[int]()
    for letter, count in letters.items():
        if letter.isalpha():
            scripts[_script(letter)] += count
            different[_script(letter)] += 1
    scripts.pop(0, None)
    if not scripts:
        of_ascii = sum(count for letter, count in letters.items() if " " <= letter <= "~")
        return of_ascii > letters.total() / 2
    ((script, most),) = scripts.most_common(1)
    if most < (1 - _MOST_OF_OTHER_SCRIPTS) * scripts.total():
        return False
    return different[script] >= _LEAST_LETTERS and (script != _EAST.start or _is_common(letters))


def _letters(head: bytes, encoding: str) -> Counter[str]:
    return Counter(head[: len(head) // 4 * 4].decode(encoding, errors="replace"))


def _is_strange(letter: str) -> bool:
    return letter == "\ufffd" or (category(letter) in _NO_LETTERS and letter not in _TEXT_CONTROLS)


def _script(letter: str) -> int:
    code = ord(letter)
    if code in _EAST or code in _EAST_FORMS:
        return _EAST.start
    return (_ARABIC if code in _ARABIC_FORMS else code) // _BLOCK


def _is_common(letters: Counter[str]) -> bool:
    east = {letter: count for letter, count in letters.items() if _script(letter) == _EAST.start}
    total = sum(count for letter, count in east.items() if letter.isalpha())
    return any(
        sum(count for letter, count in east.items() if letter in common) > _LEAST_COMMON * total
        for common in map(common_letters, ("ja", "zh", "tw", "ko"))
    )
