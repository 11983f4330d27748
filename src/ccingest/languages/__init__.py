"""The language of a file, by its name, and by its first lines where several languages share a name.

A language has the name of its grammar in tree-sitter-language-pack, if it has one there.
"""

from __future__ import annotations

import re

from ccingest.languages.aliases import language_of_linguist, resolve_language
from ccingest.languages.first_lines import by_beginning, modeline
from ccingest.languages.shebangs import interpreters
from ccingest.languages.signs import SHARED, by_signs
from ccingest.languages.table import BY_INTERPRETER, BY_NAME, BY_SUFFIX, LANGUAGES

__all__ = [
    "LANGUAGES",
    "PLAIN_TEXT",
    "detect_language",
    "language_of_linguist",
    "resolve_language",
]

PLAIN_TEXT = "text"

# A modeline in prose may be an example.
_PROSE = frozenset({"markdown", "rst", "asciidoc", "org"})

# Programs have documentation in these: `## -*- texinfo -*-` in a comment of Octave marks that alone.
_OF_DOCUMENTATION = frozenset({"texinfo", "markdown", "rst", "org"})

# File names that begin as the language's own: `Dockerfile.dev`.
_NAME_PATTERNS = (
    (re.compile(r"(?:.*-)?(?:requirements|constraints)[-_.\w]*\.(?:txt|in)"), "requirements"),
    (re.compile(r"(?:Docker|Container)file[-_.]\w.*"), "dockerfile"),
    (
        re.compile(r"[Mm]akefile[-_.](?!(?:.*\.)?(?i:pl|pm|py|rb|js|ts|go|rs|md|rst|sh|php)$)\w.*"),
        "make",
    ),
    (re.compile(r"\.env\.\w[-.\w]*"), "properties"),
)
# Found in every name that one of these matches, so that most names need one search, not four.
_MAYBE_BY_PATTERN = re.compile(
    r"requirements|constraints|Dockerfile|Containerfile|[Mm]akefile|\.env\."
)
# Suffixes of templates and copies. The language is that of the name without the suffix.
_WRAPPINGS = frozenset(
    ".in .tmpl .tpl .template .dist .sample .example .orig .bak .j2 .jinja .jinja2".split()
)


def detect_language(path: str, text: str, usual: str = "") -> str:
    """The language of a file, by its modeline, its name, its first line and what it holds.

    `usual` is what files of its name are around it. It counts where the file itself doesn't tell.
    """
    # Strings, not pathlib, which is slow: this runs for each of up to a million files.
    name, text = path.rpartition("/")[2], text.removeprefix("\ufeff")
    found = _by_known_name(name, text, usual)
    if found not in _PROSE and (mode := modeline(text)):
        named = language_of_linguist(mode.removesuffix("-mode"))
        if named and (named not in _OF_DOCUMENTATION or found in (None, PLAIN_TEXT)):
            found = named
    return found or _by_shebang(text) or by_beginning(text) or PLAIN_TEXT


def _by_known_name(name: str, text: str, usual: str) -> str | None:
    if _MAYBE_BY_PATTERN.search(name):
        for pattern, language in _NAME_PATTERNS:
            if pattern.fullmatch(name):
                return language
    return _by_name(name, text, usual)


def _by_name(name: str, text: str, usual: str) -> str | None:
    """By the whole name, or else by the longest known suffix: `.blade.php` before `.php`.

    A name that starts with a dot, such as `.bashrc`, is a suffix too.
    """
    if name in BY_NAME:
        return BY_NAME[name]
    stem, _, last = name.rpartition(".")
    if stem and f".{last.lower()}" in _WRAPPINGS and (wrapped := _by_name(stem, text, usual)):
        return wrapped
    for suffix in (name[i:] for i, letter in enumerate(name) if letter == "."):
        language = BY_SUFFIX.get(suffix) or BY_SUFFIX.get(suffix.lower())
        if language:
            lowered = suffix.lower()
            by_program = _by_shebang(text) if lowered in SHARED else None
            if by_program and by_program in SHARED[lowered]:
                return by_program
            return by_signs(lowered, text, usual or language)
    return None


def _by_shebang(text: str) -> str | None:
    programs = interpreters(text, BY_INTERPRETER)
    return next((BY_INTERPRETER[name] for name in programs if name in BY_INTERPRETER), None)
