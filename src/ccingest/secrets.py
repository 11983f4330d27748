"""Passwords and tokens in a text: hidden before anybody reads it.

For texts that people or servers wrote, where they become a message. It hides too much rather than
too little: a name that is cut short costs less than a password in the log of a CI run. All patterns
begin at a fixed place and are bounded, so that a hostile text takes time in proportion to its length.
"""

from __future__ import annotations

import re

HIDDEN = "..."

# "://" and "@", as they are and percent-encoded, also several times.
_SCHEME = re.compile(r"(?::|%(?:25)*3a)(?:[/\\]|%(?:25)*(?:2f|5c)){1,3}", re.IGNORECASE)
_AT = re.compile(r"@|%(?:25)*40", re.IGNORECASE)
_QUERY = re.compile(r"\?|%(?:25)*3f", re.IGNORECASE)

_WORD = re.compile(r"\S+")
_OPENING = re.compile(r"[\s'\"(\[{<=,;`]*")
_QUOTE = re.compile(r"(?<!\w)['\"]")
_HOST_AND_PATH = re.compile(r"(?:[\w-]{1,63}\.){1,8}[a-z]{2,63}(?::\d{1,5})?[/:]", re.IGNORECASE)
# The beginning of a password after a user: not the port of `https://host:8443/...`
_USER = re.compile(r":/{1,3}[^\s/@:'\"\[]{0,256}:(?!\d{1,5}(?:[/?#\s'\",;.)]|$))")
# The same of a URL whose @ was forgotten.
_NO_PORT = re.compile(rf"({_USER.pattern})[^\s/@'\"]+")
_PAIR = re.compile(r"(?<![\w.%\[\]-])([\w.\[\]-]+(?:=|%(?:25)*3d))([^\s&;#'\",]+)", re.IGNORECASE)
_SECRET_KEY = re.compile(
    "token|secret|passw|pwd|passphrase|key|auth|sig|credential|session|jwt|bearer|code",
    re.IGNORECASE,
)
_HEADER = re.compile(r"\b((?:bearer|basic)\s{1,8})[\w.~+/-]{8,}=*", re.IGNORECASE)
# Tokens that tell what they are: of GitHub, GitLab, OpenAI and the like, Voyage and Hugging Face.
_KNOWN = re.compile(
    r"(?<![A-Za-z0-9])(?:gh[oprsu]_|github_pat_|glpat-|sk-(?=\w{20})|sk-(?:proj|svcacct|admin|or|ant)-(?=[\w-]{20})|pa-(?=[\w-]{30})|hf_(?=[A-Za-z0-9]{30}))[\w-]+"
)


def hide_secrets(text: str) -> str:
    """The text, with `...` for what may be a password or a token.

    Of a URL that is all before the last @, whichever way it is written, what stands in the place of
    a port and is none, and its query; of any text the values of `token=` and the like, and tokens of known forms.
    """
    if _AT.search(text):
        text = _without_spaced_passwords(text)
        text = _without_quoted_users(text)
        text = _WORD.sub(lambda word: _without_user(word[0]), text)
    text = _NO_PORT.sub(rf"\1{HIDDEN}", text)
    text = _WORD.sub(lambda word: _without_query(word[0]), text)
    text = _PAIR.sub(_without_value, text)
    text = _HEADER.sub(rf"\1{HIDDEN}", text)
    return _KNOWN.sub(HIDDEN, text)


def _without_spaced_passwords(text: str) -> str:
    """`https://user:pass word@host`, which is no URL, but what somebody typed."""
    done, position = [], 0
    while user := _USER.search(text, position):
        at = text.find("@", user.end())
        if at < 0:
            break
        start = user.start() + len(user[0]) - len(user[0].lstrip(":/"))
        done += [text[position:start], HIDDEN]
        position = at
    return "".join([*done, text[position:]])


def _without_quoted_users(text: str) -> str:
    """Between quotes stands what was given, blanks and all."""
    done, position = [], 0
    while opening := _QUOTE.search(text, position):
        end = text.find(opening[0], opening.end())
        if end < 0:
            break
        done += [text[position : opening.end()], _without_user(text[opening.end() : end])]
        position = end + 1
        done.append(opening[0])
    return "".join([*done, text[position:]])


def _without_user(word: str) -> str:
    """Without what stands before the last @, if it may be a user and a password."""
    found = list(_AT.finditer(word))
    if not found:
        return word
    last = found[-1]
    before = word[: last.start()]
    scheme = _SCHEME.search(before)
    if scheme:
        # Two texts may have run into one: then the first may end with a password, too.
        kept = f"{_without_user(before[: scheme.start()])}{scheme[0]}"
    else:
        opening = _OPENING.match(before)
        kept = opening[0] if opening else ""
        is_path = before[len(kept) :].startswith(("/", "./", "../", "~/"))
        if ":" not in before and (is_path or not _HOST_AND_PATH.match(word, last.end())):
            return word
    return f"{kept}{HIDDEN}{word[last.start() :]}"


def _without_query(word: str) -> str:
    """Most of what a query holds does not belong in the address of a repository."""
    scheme = _SCHEME.search(word)
    query = _QUERY.search(word, scheme.end()) if scheme else None
    if not query:
        return word
    rest = word[query.end() :]
    closing = len(rest) - len(rest.rstrip("'\").,;:`>]}"))
    shown = rest[len(rest) - closing :]
    return f"{word[: query.end()]}{HIDDEN}{shown}" if len(rest) > closing else word


def _without_value(pair: re.Match[str]) -> str:
    return f"{pair[1]}{HIDDEN}" if _SECRET_KEY.search(pair[1]) else pair[0]
