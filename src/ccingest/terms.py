"""Text to search terms that know how identifiers are written.

`getUserById` becomes `get user by id getuserbyid`: its words, and itself as one word, so that both
a question in plain words and the exact name find it.

Letters count by what they are and not by how they are encoded: `é` as one or as two, `ﬁ`, the wide `Ａ`
and the narrow `ｶﾞ` are those of Unicode's form NFKC, without the points of Hebrew and Arabic.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from unicodedata import is_normalized, normalize

# Marks of letters that stand alone are no letters to `re`: those of Latin, Hebrew, Arabic, Thai, Lao,
# Burmese and Khmer are named here. Each pictograph is a word.
_WORD = re.compile(
    r"[\w\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670\xad\u2060"
    r"\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ece\u102b-\u103e\u17b4-\u17d3]+"
    r"|[\u231a-\u23ff\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001f3fa\U0001f400-\U0001faff]"
)
# What a word is the same without: points, the stretch of Arabic, invisible hyphens and joiners.
_POINTS = re.compile(
    r"[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0640\u064b-\u065f\u0670\xad\u2060\ufeff]"
)
# The same for ASCII, for bytes.translate: blanks for all that is in no word.
_WORDS_OF_ASCII = bytes(
    code if chr(code).isalnum() or chr(code) == "_" else 32 for code in range(128)
) + bytes(128)
# The same, and line feeds as they are.
_LINES_OF_ASCII = _WORDS_OF_ASCII[:10] + b"\n" + _WORDS_OF_ASCII[11:]
# Camel case, runs of capitals (HTTPServer -> HTTP Server), digits apart from letters.
_PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
# Python normalizes a run of marks in the square of its length. A piece goes on to where a word may end.
_PIECE = re.compile(r"[\s\S]{1,900}[^\x00-\x7f]{0,100}")
# Letters that are written without blanks between words: Chinese, Japanese and Korean, Thai, Lao,
# Burmese and Khmer.
_UNSPACED = re.compile(
    r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003fffd"
    r"\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u1000-\u103f\u1050-\u108f\u1780-\u17d3]+"
)
# One of these may be a word: `锁`, `값`.
_WORD_OF_ONE = re.compile(
    r"[\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003fffd]"
)
# Letters that people without them on their keyboard write otherwise, beside those with accents.
_OTHERWISE = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ı": "i", "ё": "е"}
)
# What has letters of Latin or Greek with an accent, or some of those.
_ACCENTED = re.compile(r"[\xdf-\u024f\u0386-\u03ce\u0451\u1e00-\u1fff]")
_ACCENTS = re.compile(r"(?<![\u0400-\u04ff])[\u0300-\u036f]+")  # `й` is no `и`
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
    return " ".join(dict.fromkeys(term for word in telling for term in _asked_terms(word)))


def telling_words(text: str) -> list[str]:
    """The words of a question without question words, unless there are only those."""
    asked = words(text)
    return [word for word in asked if word.lower() not in _QUESTION_WORDS] or asked


def words(text: str) -> list[str]:
    """The words of `text` in order, as they are written but for how letters are encoded."""
    if text.isascii():  # a third of the time
        return text.encode().translate(_WORDS_OF_ASCII).decode().split()
    return _WORD.findall(folded(text))


def folded(text: str) -> str:
    """The text with each letter encoded in one way, so that the same words are the same text.

    >>> folded("Cafe\u0301 \ufb01x ＡＢ")
    'Café fix AB'
    """
    if not is_normalized("NFKC", text):
        text = "".join(normalize("NFKC", piece) for piece in _PIECE.findall(text))
    return _POINTS.sub("", text)


def lines_of_words(text: str) -> list[str]:
    """The lines of a text in ASCII with blanks for all that is in no word."""
    return text.encode().translate(_LINES_OF_ASCII).decode().split("\n")


def word_terms(word: str) -> tuple[str, ...]:
    """The terms of one word: its parts in lower case and, if there are several, all of it.

    A run of letters of a language without blanks gives each two neighbours, since a word of it can't be
    cut out without a dictionary, and each letter that may be a word (the way of Lucene's
    CJKBigramFilter).
    """
    if not word.isascii() and _UNSPACED.search(word):
        return _unspaced_terms(word)
    if len(word) > _LONGEST:
        return ()
    if word.isascii():  # half of the time
        parts = tuple(map(str.lower, _PARTS.findall(word)))
    else:
        shape = "".join(map(_ascii_like, word))
        parts = tuple(_lower(word[part.start() : part.end()]) for part in _PARTS.finditer(shape))
    terms = parts if len(parts) < 2 else (*parts, _lower(word.replace("_", "")))
    return terms if word.isascii() else tuple(dict.fromkeys((*terms, *map(_plain, terms))))


def _plain(term: str) -> str:
    """The term as it is often written where there is no key for its letters: `größe`, `grosse`."""
    if not _ACCENTED.search(term):
        return term
    letters = normalize("NFD", term.translate(_OTHERWISE))
    return normalize("NFC", _ACCENTS.sub("", letters))


def _lower(word: str) -> str:
    """In lower case. The capital `İ` becomes a plain i, without the dot above that Python adds."""
    return word.lower().replace("\u0307", "")


def _asked_terms(word: str) -> tuple[str, ...]:
    """The terms of a word of a question: two neighbours tell more than each of the two."""
    if word.isascii() or not _UNSPACED.search(word):
        return word_terms(word)
    return _unspaced_terms(word, with_letters=False)


def _unspaced_terms(word: str, *, with_letters: bool = True) -> tuple[str, ...]:
    """`验证` -> `验证`, `验`, `证`; what is between such runs as any other word."""
    terms: list[str] = []
    at = 0
    for run in _UNSPACED.finditer(word):
        terms += word_terms(word[at : run.start()])
        letters = run[0]
        if len(letters) == 1:
            terms.append(letters)
        else:
            terms += map("".join, pairwise(letters))
            terms += _WORD_OF_ONE.findall(letters) if with_letters else ()
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
        if not terms.isdisjoint(document_terms(word[0]).split())
    ]
