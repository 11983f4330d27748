"""The language of a file, by its name, and by its first lines where several languages share a name.

A language has the name of its grammar in tree-sitter-language-pack, if it has one there.
"""

from __future__ import annotations

import re

from ccingest.languages.aliases import language_of_linguist, resolve_language
from ccingest.languages.first_lines import by_beginning, by_body, is_header, modeline
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

# What follows such a name where the file is another one: a program or a text about it.
_OF_TEXTS = "md|markdown|rst|adoc|html?|json|ya?ml|toml|xml|lock|dockerignore"
_ANOTHER = (
    rf"(?!(?:.*\.)?(?i:p[lmy]|rb|[cm]?[jt]s|go|rs|sh|php|hs|java|lua|el|kt|cs|ps1|{_OF_TEXTS})$)"
)
# File names that begin as the language's own: `Dockerfile.dev`. The last pattern is for the text, where a name is
# not enough: `Dockerfile.go` may be one for Go, or a program.
_NAME_PATTERNS = tuple(
    (re.compile(name), language, re.compile(text, re.MULTILINE) if text else None)
    for name, language, text in (
        (r"(?:.*-)?(?:requirements|constraints)[-_.\w]*\.(?:txt|in)", "requirements", ""),
        (rf"(?:Docker|Container)file[-_.]{_ANOTHER}\w.*", "dockerfile", ""),
        (
            rf"(?:Docker|Container)file[-_.](?!(?:.*\.)?(?i:{_OF_TEXTS})$)\w.*",
            "dockerfile",
            r"^[ \t]*FROM[ \t]+[^\s=]+[ \t\r]*(?:$|AS\b|as\b)",
        ),
        (rf"[Mm]akefile[-_.]{_ANOTHER}\w.*", "make", ""),
        (rf"(?:Gem|Rake|Pod|Fast|Cap|Vagrant|Brew|Guard)file[-_.]{_ANOTHER}\w.*", "ruby", ""),
        (rf"Jenkinsfile[-_.]{_ANOTHER}\w.*", "groovy", ""),
        (rf"Kconfig[-_.]{_ANOTHER}\w.*|Config\.in(?:\.\w+)?", "kconfig", ""),
        (r"\.(?!Rbuild)[\w-]*ignore", "gitignore", ""),
        (rf"\.env\.{_ANOTHER}\w[-.\w]*", "properties", ""),
    )
)
# Found in every name that one of these matches, so that most names need one search, not eight.
_MAYBE_BY_PATTERN = re.compile(
    r"requirements|constraints|file[-_.]|Kconfig|Config\.in|\.env\.|ignore$"
)
_FIRST = 10_000  # characters of a text that are searched for what its name is not enough for
# Suffixes of templates and copies. The language is that of the name without the suffix.
_WRAPPINGS = frozenset(
    ".in .tmpl .tpl .template .dist .sample .example .orig .bak .j2 .jinja .jinja2 .tt .gotmpl .cmakein .sigil .stub .old".split()
)
# The same, if there are two suffixes: `profile.hbs` is a page, no profile of a shell.
_WRAPPINGS_OF_TWO = frozenset(".mustache .hbs .handlebars .ftl .vm .liquid .njk .src".split())
# `about.rst.inc` is a part of such a file; `gcc-9.1.inc` is none of a manual.
_WRAPPED_PART = re.compile(
    r"\.(?:rst|md|adoc|html?|php|tex|[jt]s|css|scss|sql|ya?ml|json|py|rb|sh)\.inc$", re.IGNORECASE
)
# As git calls its hooks. What runs them puts no first line into some.
_GIT_HOOKS = frozenset(
    """pre-commit pre-push pre-rebase pre-receive commit-msg prepare-commit-msg post-commit post-merge
    post-checkout post-rewrite post-receive update-server-info applypatch-msg pre-merge-commit""".split()
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
    if found or (found := _by_shebang(text) or by_beginning(text)):
        return found
    if name in _GIT_HOOKS:
        return "bash"
    if body := by_body(name, text):
        return body
    # Only in C++ do headers have no ending.
    usual = "c" if "." in name else "cpp"
    return by_signs(".h", text, usual) if is_header(text) else PLAIN_TEXT


def _by_known_name(name: str, text: str, usual: str) -> str | None:
    if _MAYBE_BY_PATTERN.search(name):
        for pattern, language, sign in _NAME_PATTERNS:
            if pattern.fullmatch(name) and (sign is None or sign.search(text[:_FIRST])):
                return language
    return _by_name(name, text, usual)


def _by_name(name: str, text: str, usual: str) -> str | None:
    """By the whole name, or else by the longest known suffix: `.blade.php` before `.php`.

    A name that starts with a dot, such as `.bashrc`, is a suffix too.
    """
    if name in BY_NAME:
        return BY_NAME[name]
    stem, _, last = name.rpartition(".")
    wrapping = f".{last.lower()}"
    is_wrapped = wrapping in _WRAPPINGS or (wrapping in _WRAPPINGS_OF_TWO and "." in stem)
    is_wrapped = is_wrapped or _WRAPPED_PART.search(name) is not None
    if stem and is_wrapped and (wrapped := _by_name(stem, text, usual)):
        return wrapped
    for suffix in (name[i:] for i, letter in enumerate(name) if letter == "."):
        language = BY_SUFFIX.get(suffix) or BY_SUFFIX.get(suffix.lower())
        if language:
            lowered = suffix.lower()
            by_program = _by_shebang(text) if lowered in SHARED else None
            if by_program and by_program in SHARED[lowered]:
                return by_program
            found = by_signs(lowered, text, usual or language)
            # `python-3.9.1` has no suffix, but a number.
            return None if found == PLAIN_TEXT and suffix[1:].isdigit() else found
    return None


def _by_shebang(text: str) -> str | None:
    programs = interpreters(text, BY_INTERPRETER)
    return next((BY_INTERPRETER[name] for name in programs if name in BY_INTERPRETER), None)
