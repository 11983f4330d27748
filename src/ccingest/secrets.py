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
_AT = re.compile("[@\uff20\ufe6b]|%(?:25)*40", re.IGNORECASE)  # IDNA reads wide ones as "@"
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
# What names a secret beyond doubt, in prose too.
_SURE_KEY = (
    r"(?:token|secret|passw(?:or)?d|passphrase|pwd|cookie|credentials?"
    r"|(?:api|access|private|account|secret|goog-api|auth)[_-]?key|authorization)"
)
# What is no word of prose and no path: a run with a letter and a digit.
_RANDOM = r"(?=[\w.~+=-]{0,500}\d)(?=[\w.~+=-]{0,500}[A-Za-z])[\w.+=-][\w.~+/=-]{7,}"
# `"token": "x"`, `X-Api-Key: x`, `password = 'x y'`, `Authorization: Digest x`
_NAMED = re.compile(
    rf"""({_SURE_KEY}(?:['"]\s{{0,4}}:|\s{{0,4}}[:=])\s{{0,4}}
    (?:(?:basic|bearer|token|digest|oauth|apikey|negotiate)\s{{1,4}})?)
    (?:"[^"\n]{{4,}}"|'[^'\n]{{4,}}'|{_RANDOM})""",
    re.IGNORECASE | re.VERBOSE,
)
# `--token x`, and `password x` in a .netrc file
_ARGUMENT = re.compile(
    rf"(--?(?:[a-z]+-){{0,3}}{_SURE_KEY}\s{{1,4}}|\bpassw(?:or)?d\s{{1,4}}){_RANDOM}", re.IGNORECASE
)
_HEADER = re.compile(
    r"(?:\b|(?<=[\d\[]m)|(?<=\\[nrt])|(?<=%20))"  # the escapes of _KNOWN end in a letter, too
    rf"((?:bearer|basic):?\s{{1,8}}[\w.~+/-]{{8,}}=*|(?:apikey|oauth|digest|token)\s{{1,8}}{_RANDOM})",
    re.IGNORECASE,
)
_PRIVATE_KEY = re.compile(
    r"(-----BEGIN [A-Z ]{0,40}PRIVATE KEY(?: BLOCK)?-----).*?(?=-----END |\Z)", re.DOTALL
)
# The path of a webhook is its password.
_WEBHOOK = re.compile(
    r"(hooks\.slack\.com/(?:services|workflows)/|/api/webhooks/\d{1,30}/|/bot\d{4,20}:)[\w/-]+",
    re.IGNORECASE,
)
# Tokens that tell what they are, by the one who gives them. Their beginning is that of a word, or what
# follows the escape of another character: of a terminal's colour, a line's end, a blank in a URL.
_KNOWN = re.compile(
    r"""(?:(?<![A-Za-z0-9])|(\x1b\[[0-9;?]{0,16}[A-Za-z]|\\[bfnrt]|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2}))(?:
    gh[oprsu]_[\w-]+ | github_pat_[\w-]+                                         # GitHub
    | glpat-[\w-]+ | gl(?:dt|rt|cbt|ptt|ft|soat|oas|agent|imt|ffct)-[\w.-]{12,}  # GitLab
    | AT(?:BB|ATT3|CTT3)[\w=-]{16,}                                              # Atlassian
    | sk-\w{20}[\w-]* | sk-(?:proj|svcacct|admin|or|ant)-[\w-]{20,}             # OpenAI and the like
    | pa-[\w-]{30,} | hf_[A-Za-z0-9]{30}[\w-]* | (?:gsk|r8|jina)_\w{30,}        # models
    | (?:xai|nvapi)-[\w-]{30,} | tvly-[\w-]{20,}
    | (?:AKIA|ASIA)[A-Z0-9]{16} | AIza[\w-]{30,} | ya29\.[\w-]{16,} | GOCSPX-[\w-]{16,}  # clouds
    | do[opr]_v1_\w{16,} | hv[sbr]\.[\w-]{20,} | dapi[0-9a-f]{32} | pul-[0-9a-f]{32,}
    | npm_\w{30,} | pypi-AgE[\w-]{16,} | dckr_pat_[\w-]{16,} | rubygems_[0-9a-f]{32,}    # packages
    | xox[abeoprs]-[\w-]{10,} | xapp-[\w-]{10,} | SG\.[\w-]{16,}\.[\w-]{16,}   # messages
    | [srp]k_(?:live|test)_\w{16,} | whsec_[\w+/=]{16,} | sq0[a-z]{3}-[\w-]{16,}  # payments
    | shp(?:at|ca|pa|ss)_\w{16,} | lin_api_\w{16,} | fig[dou]_[\w-]{16,} | glsa_\w{20,}
    | sntry[su]_[\w=+/-]{20,} | ntn_\w{30,} | AGE-SECRET-KEY-1\w{20,}
    | eyJ[\w-]{8,}\.eyJ[\w-]{4,}(?:\.[\w-]*)?                                  # JSON Web Token
    )""",
    re.VERBOSE,
)


def hide_secrets(text: str) -> str:
    """The text, with `...` for what may be a password or a token.

    Of a URL that is all before the last @, whichever way it is written, what stands in the place of
    a port and is none, and its query; of any text the values of `token=` and the like, private keys, and
    tokens of known forms.
    """
    text = _PRIVATE_KEY.sub(rf"\1{HIDDEN}", text)
    if _AT.search(text):
        text = _without_spaced_passwords(text)
        text = _without_quoted_users(text)
        text = _WORD.sub(lambda word: _without_user(word[0]), text)
    text = _NO_PORT.sub(rf"\1{HIDDEN}", text)
    text = _WORD.sub(lambda word: _without_query(word[0]), text)
    text = _PAIR.sub(_without_value, text)
    text = _NAMED.sub(rf"\1{HIDDEN}", text)
    text = _ARGUMENT.sub(rf"\1{HIDDEN}", text)
    text = _HEADER.sub(lambda found: f"{found[0].split()[0]} {HIDDEN}", text)
    text = _WEBHOOK.sub(rf"\1{HIDDEN}", text)
    return _KNOWN.sub(_without_token, text)


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


def _without_token(found: re.Match[str]) -> str:
    return f"{found[1] or ''}{HIDDEN}"


def _without_value(pair: re.Match[str]) -> str:
    return f"{pair[1]}{HIDDEN}" if _SECRET_KEY.search(pair[1]) else pair[0]
