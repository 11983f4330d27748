"""Large files that hold rows of data: SQL dumps, tables in code, word lists, hex dumps, number files.

Cut up they would be some hundred chunks that answer nothing.
"""

from __future__ import annotations

import re

from ccingest.selection.limits import MAX_DATA_BYTES

# INSERT with its values, a row of values, a row of COPY.
_SQL_ROW = re.compile(
    r"^[ \t]*(?:(?:insert|replace)\s|\()[^\n]*|^[^\n\t]*\t[^\n]*", re.IGNORECASE | re.MULTILINE
)
_MOSTLY_SQL = 0.5  # of the characters: statements of a schema are often as long as its rows
# A quoted string, a number, a byte in hexadecimal. No string is longer, so that a line of nothing but quotes
# takes no square of its length.
_VALUE = re.compile(
    r""""(?:[^"\\\n]|\\[^\n]){0,120}"|'(?:[^'\\\n]|\\[^\n]){0,120}'|\b(?:\d[\w.]*|[0-9A-Fa-f]{2})\b"""
)
# What is left of a row without its values has one word at most, as `v` before the three of a point. A word that
# something is assigned to makes it a statement.
_WORDS = re.compile(r"[^\W_]+|=")
_MOST_WORDS = 1
# Of the characters. Tables of fonts and images have 0.90 to 1.00, a header of mappings and functions 0.82,
# tests with many literals up to 0.88.
_ALL_BUT_ROWS = 0.9


def is_dump(path: str, text: str) -> bool:
    """Whether it is a large file that holds little but rows of data."""
    if len(text) <= MAX_DATA_BYTES:
        return False
    if path.lower().endswith(".sql"):
        rows = sum(len(row[0]) for row in _SQL_ROW.finditer(text))
        return rows > _MOSTLY_SQL * len(text)
    return _row_characters(text) > _ALL_BUT_ROWS * len(text)


def _row_characters(text: str) -> int:
    without = _VALUE.sub("", text).split("\n")
    return sum(
        len(line) + 1
        for line, left in zip(text.split("\n"), without, strict=True)
        if len(_WORDS.findall(left)) <= _MOST_WORDS
    )
