"""Octave, written as MATLAB, for a grammar that knows MATLAB alone. All that is left keeps its place."""

from __future__ import annotations

import re

_SIGN = re.compile(
    rb"^[ \t]*#|\bend(?:function|if|for|while|switch|_try_catch|_unwind_protect)\b", re.MULTILINE
)
# Whole comments, as they hold the other words too.
_WORDS = re.compile(
    rb"""(?P<comment>(?:^|(?<=[ \t;,]))[#%][^\n]*)
    | (?P<text>"(?:[^"\\\n]|\\[^\n]){0,120}")
    | \b(?P<end>end(?:function|if|for|while|switch|parfor|classdef|methods|properties|events|enumeration
        |_try_catch|_unwind_protect))\b
    | (?P<cleanup>\bunwind_protect_cleanup\b) | (?P<protect>\bunwind_protect\b) | (?P<not>!)""",
    re.MULTILINE | re.VERBOSE,
)  # fmt: skip


def as_matlab(language: str, data: bytes) -> bytes:
    """The file with what only Octave has in the words of MATLAB.

    >>> as_matlab("matlab", b"## A\\nif (! a)\\nendif\\n")
    b'%% A\\nif (~ a)\\nend  \\n'
    """
    if language != "matlab" or not _SIGN.search(data):
        return data
    return _WORDS.sub(_word, data)


def _word(found: re.Match[bytes]) -> bytes:
    text = found[0]
    if found["comment"]:
        marks = len(text) - len(text.lstrip(b"#%"))
        return b"%" * marks + text[marks:]
    if found["text"]:
        return text
    if found["not"]:
        return b"~"
    word = b"end" if found["end"] else b"catch" if found["cleanup"] else b"try"
    return word.ljust(len(text))
