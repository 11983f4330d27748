"""Text to search terms that know how identifiers are written.

`getUserById` becomes `get user by id getuserbyid`: its words, and itself as one word, so that both
a question in plain words and the exact name find it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

_WORD = re.compile(r"\w+")
# The same for ASCII, for bytes.translate: blanks for all that is in no word.
_WORDS_OF_ASCII = bytes(
    code if chr(code).isalnum() or chr(code) == "_" else 32 for code in range(128)
) + bytes(128)
# The same, and line feeds as they are.
_LINES_OF_ASCII = _WORDS_OF_ASCII[:10] + b"\n" + _WORDS_OF_ASCII[11:]
# Camel case, runs of capitals (HTTPServer -> HTTP Server), digits apart from letters.
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# Chinese, Japanese and Korean letters, which are written without blanks between words.
_UNSPACED = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003fffd]+"
)
# Longer words are hashes and base64: they find nothing and fill the index.
_LONGEST = 64

# What a stem is written with: `route`, `routes`, `routed`, `routing`, `router`, `query`, `queries`.
_FORM_ENDINGS = (
    "", "e", "s", "es", "ed", "ing", "er", "ers", "or", "ion", "ions", "y", "ies", "ied", "able",
)  # fmt: skip
_DOUBLED_ENDINGS = ("ed", "ing", "er")  # `stopped`, `stopping`

# An ending, and how much of a word must be left without it: `string` is no form of `str`.
_ENDINGS = (("ies", 3), ("ied", 3), ("ing", 4), ("ed", 4), ("es", 3), ("s", 3))

# Words that questions are made of and that code does not mean when it says them.
_QUESTION_WORDS = frozenset(
    """a an and are as at be been being but by can could did do does for from had has have how i if
    in into is it its me my of on or our shall should so some than that the their them then there
    these they this those to us was we were what when where which who whom whose why will with would
    you your""".split()
)


class _WordTerms(dict[str, str]):
    """Word -> its terms, separated by blanks. Each is worked out once; no call, when it is there."""

    # About 250 bytes each. At that number all are forgotten: what is frequent is soon back.
    MOST = 100_000

    def __missing__(self, word: str) -> str:
        if len(self) >= self.MOST:
            self.clear()
        terms = self[word] = " ".join(word_terms(word))
        return terms


_TERMS = _WordTerms()


def document_terms(*texts: str) -> str:
    """The terms of `texts` in order, separated by blanks."""
    return " ".join(filter(None, map(_TERMS.__getitem__, words("\n".join(texts)))))


def terms_of_word(word: str) -> str:
    """The terms of one word as `words` gives them, separated by blanks."""
    return _TERMS[word]


def query_terms(text: str) -> str:
    """The terms of a question, each once, without question words unless there are only those."""
    telling = telling_words(text)
    return " ".join(dict.fromkeys(term for word in telling for term in word_terms(word)))


def telling_words(text: str) -> list[str]:
    """The words of a question without question words, unless there are only those."""
    asked = words(text)
    return [word for word in asked if word.lower() not in _QUESTION_WORDS] or asked


def words(text: str) -> list[str]:
    """The words of `text` as they are written, in order."""
    if text.isascii():  # a third of the time
        return text.encode().translate(_WORDS_OF_ASCII).decode().split()
    return _WORD.findall(text)


def lines_of_words(text: str) -> list[str]:
    """The lines of a text in ASCII with blanks for all that is in no word."""
    return text.encode().translate(_LINES_OF_ASCII).decode().split("\n")


def word_terms(word: str) -> tuple[str, ...]:
    """The terms of one word: its parts in lower case and, if there are several, all of it.

    A run of Chinese, Japanese or Korean letters gives each two neighbours, since a word of such a
    language can't be cut out without a dictionary (the way of Lucene's CJKBigramFilter).
    """
    if not word.isascii() and _UNSPACED.search(word):
        return _unspaced_terms(word)
    if len(word) > _LONGEST:
        return ()
    if word.isascii():  # half of the time
        parts = tuple(map(str.lower, _PARTS.findall(word)))
    else:
        shape = "".join(map(_ascii_like, word))
        parts = tuple(word[part.start() : part.end()].lower() for part in _PARTS.finditer(shape))
    if len(parts) < 2:
        return parts
    return (*parts, word.replace("_", "").lower())


def _unspaced_terms(word: str) -> tuple[str, ...]:
    """`验证密码` -> `验证`, `证密`, `密码`; what is between such runs as any other word."""
    terms: list[str] = []
    at = 0
    for run in _UNSPACED.finditer(word):
        terms += word_terms(word[at : run.start()])
        letters = run[0]
        terms += map("".join, pairwise(letters)) if len(letters) > 1 else letters
        at = run.end()
    return (*terms, *word_terms(word[at:]))


def _ascii_like(letter: str) -> str:
    """An ASCII letter or digit of the same class, since `re` has no class for capitals."""
    if letter == "_":
        return letter
    if letter.isupper():
        return "A"
    return "0" if letter.isdigit() else "a"


@lru_cache(maxsize=5_000)
def forms(term: str) -> tuple[str, ...]:
    """The term and other forms of the word that it is one of; not all of them are words.

    `redirects` -> `redirects`, `redirect`, `redirected`, `redirecting`, ...
    """
    if not term.isascii() or not term.isalpha() or len(term) < 3:
        return (term,)
    base = stem(term)
    doubled = (base + base[-1] + ending for ending in _DOUBLED_ENDINGS)
    others = (*(base + ending for ending in _FORM_ENDINGS), *doubled)
    return tuple(dict.fromkeys((term, *(form for form in others if stem(form) == base))))


@lru_cache(maxsize=50_000)
def stem(term: str) -> str:
    """What all forms of an English word begin with; not meant for reading.

    `handle`, `handles`, `handled`, `handling` -> `handl`.
    """
    for ending, keeps in _ENDINGS:
        if term.endswith(ending) and len(term) - len(ending) >= keeps:
            if ending == "s" and term.endswith("ss"):
                break
            term = term[: -len(ending)]
            break
    if len(term) > 3 and term[-1] in "ey":
        return term[:-1]
    if len(term) > 3 and term[-1] == term[-2] and term[-1] not in "sl":
        return term[:-1]
    return term


def matched_words(line: str, terms: frozenset[str]) -> list[tuple[int, int]]:
    """Where in the line the words are that are one of the terms: start and end of each."""
    return [
        (word.start(), word.end())
        for word in _WORD.finditer(line)
        if not terms.isdisjoint(word_terms(word[0]))
    ]
