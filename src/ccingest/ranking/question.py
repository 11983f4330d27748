"""What is asked: the question's words, the names and paths in it, and what kind it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal, TypeAlias
from unicodedata import normalize

from ccingest.terms import forms, query_terms, stem

Kind: TypeAlias = Literal["identifier", "path", "code", "error", "words"]

_ASKS_FOR_ASIDE = frozenset(
    "test tests testing spec specs example examples docs documentation readme benchmark benchmarks"
    " changelog".split()
)
# One token and nothing else: `Mux`, `Mux.handle`, `std::vec`, `Foo#bar`, `obj->field`, `@wraps`.
_NAME = re.compile(r"[@$#]?\w+[!?]?((\.|::?|#|->|\\|/)\w+[!?]?)*(\(\))?")
_SEPARATOR = re.compile(r"\.|::?|#|->|\\|/")
# How a name is made, whatever the language: after a word that declares, or at the beginning of a
# line and before what it is given.
_DECLARED = (
    r"\b(?:def|defp|defmacro|defmodule|defn|function|fn|func|fun|sub|proc|module|class|struct|union"
    r"|type|typedef|let|const|var|val|static|define|macro|interface|enum|trait|object|protocol"
    r"|namespace|package|record|data|table|view|resource|variable|contract|event|procedure|subroutine"
    r"|alias|export|using)\s+(?:rec\s+|inline\s+|mut\s+|async\s+|\([^)]*\)\s*|<[^>]*>\s*)?[$@]?NAME\b"
    r"|^[ \t]*[$@]?NAME[ \t]*(?::?=[^=]|<-|::|:[ \t])|^NAME[ \t]*\(|^[\w<>*&: \t]*\w::NAME\s*\("
)
# Names inside a sentence are those that no English word looks like.
_NAME_IN_WORDS = re.compile(
    r"\b(?:[A-Za-z]\w*[a-z0-9][A-Z]\w*"  # getUser, HandlerStack
    r"|\w*[A-Za-z0-9]_[A-Za-z0-9]\w*"  # get_user
    r"|[A-Za-z]\w*(?:(?:\.|::|#|->)[A-Za-z]\w*)+)"  # Router.Route
)
_PATH = re.compile(r"(?:[\w@.+-]+/)*[\w@+-][\w@.+-]*\.[A-Za-z]\w{0,5}\b|(?:[\w@.+-]+/)+[\w@.+-]+")
# Nobody writes such a word, and looking for names in one takes quadratic time.
_LONGEST_NAME = 300
_NOT_READABLE = re.compile(rf"\S{{{_LONGEST_NAME},}}")
_WORD = re.compile(r"\w+")
_VERSION = re.compile(r"\bv\d+\b", re.IGNORECASE)
_ERROR = re.compile(
    r"\b(error|exception|panic|panicked|traceback|fatal|failed|cannot|can't|could not|invalid"
    r"|unexpected|undefined|unable to|must be|not found)\b",
    re.IGNORECASE,
)
# What prose hardly holds and code is full of.
_CODE = re.compile(r"[{};=<>]|\w\(|\)\.|^\s{2,}|\n")
_SHORTEST_LITERAL = 12
_MOST_WORDS = 40  # of a pasted page the first tell enough
_POINTS = "?!.,:;()\"'`"


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """A question, as the signals need it. All words are in lower case."""

    kind: Kind
    terms: frozenset[str]  # word stems, without question words
    words: frozenset[str]  # as they stand between blanks, `react-router` say
    flat: str  # the same in order, with a blank before and after each
    name: str  # the last part of the identifier that it is, as it is written; or empty
    names: frozenset[str]  # last parts of the identifiers it holds
    paths: tuple[str, ...]
    compounds: frozenset[str]  # neighbouring words written as one name would be
    literal: str  # the whole question, blanks as one, if it may stand in a file like that
    version: bool  # names a version such as v2
    wants_aside: bool  # asks for tests, examples or documentation
    text: str
    # For each word that tells something, by its stem: the forms in which it may be written.
    word_forms: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, question: str) -> ParsedQuery:
        text = normalize("NFC", question.strip())
        words = query_terms(text).split()
        plain = [
            word.strip(_POINTS).removesuffix("'s")
            for word in text.lower().replace("’", "'").split()
        ]
        readable = _NOT_READABLE.sub(" ", text)
        paths = tuple(match.lower() for match in _PATH.findall(readable))
        kind = _kind(text, paths)
        names = [text] if kind == "identifier" else _NAME_IN_WORDS.findall(readable)
        return cls(
            kind=kind,
            name=_SEPARATOR.split(text.removesuffix("()"))[-1] if kind == "identifier" else "",
            terms=frozenset(map(stem, words)),
            words=frozenset(plain),
            flat=f" {' '.join(plain)} ",
            names=frozenset(found[-1].lower() for name in names if (found := _WORD.findall(name))),
            paths=paths,
            compounds=_compounds(words),
            literal=_literal(text) if kind in ("code", "error") else "",
            version=_VERSION.search(text) is not None,
            wants_aside=not _ASKS_FOR_ASIDE.isdisjoint(words) or kind == "code",
            text=text,
            word_forms=_word_forms(words),
        )


@lru_cache(maxsize=100)
def declaration_of(name: str) -> re.Pattern[str]:
    """Finds the lines that declare this name."""
    return re.compile(_DECLARED.replace("NAME", re.escape(name)), re.MULTILINE)


def _word_forms(words: list[str]) -> tuple[tuple[str, ...], ...]:
    by_stem: dict[str, tuple[str, ...]] = {}
    for word in words:
        key = stem(word)
        by_stem[key] = tuple(dict.fromkeys((*by_stem.get(key, ()), *forms(word))))
    return tuple(by_stem.values())[:_MOST_WORDS]


def _kind(text: str, paths: tuple[str, ...]) -> Kind:
    if paths == (text.lower(),) and ("/" in text or text.islower()):
        return "path"
    if len(text) < _LONGEST_NAME and _NAME.fullmatch(text):
        return "identifier"
    if len(_CODE.findall(text)) >= 2:
        return "code"
    if len(text.split()) >= 3 and (_ERROR.search(text) and not text.lower().startswith("how ")):
        return "error"
    return "words"


def _compounds(words: list[str]) -> frozenset[str]:
    """`event loop` may be written `EventLoop`, whose terms hold `eventloop`."""
    return frozenset(first + second for first, second in pairwise(words)) | frozenset(
        first + second + third
        for first, second, third in zip(words, words[1:], words[2:], strict=False)
    )


def _literal(text: str) -> str:
    flat = " ".join(text.lower().split())
    return flat if len(flat) >= _SHORTEST_LITERAL else ""
