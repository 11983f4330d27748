"""Which words of the question each line of a hit says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import TypeAlias

from ccingest.terms import lines_of_words, stem, terms_of_word, words

Said: TypeAlias = list[tuple[int, float]]  # numbers and weights of words of the question


class WantedWords(dict[str, tuple[tuple[int, float], ...]]):
    """Word, as it is written -> number and weight of each word of the question that it says.

    Worked out once for all hits of a question. `wanted`: term -> number and weight of the word of
    the question that it is a form of.
    """

    def __init__(self, wanted: Mapping[str, tuple[int, float]]) -> None:
        super().__init__()
        self._wanted = wanted
        self.stems = frozenset(map(stem, wanted))

    def learn(self, seen: Iterable[str]) -> None:
        """Look up those of these words that are not known yet.

        Most have none of the stems and say nothing: to see that takes less than to cut them up.
        """
        new = [word for word in seen if word not in self]
        self.update(dict.fromkeys(new, ()))
        for place in _lines_with_any("\n".join(new), self.stems):
            terms = terms_of_word(new[place]).split()
            self[new[place]] = tuple([self._wanted[term] for term in terms if term in self._wanted])


def said_by_line(text: str, wanted: WantedWords) -> list[Said]:
    """Of each line, number and weight of each word of the question that it says."""
    is_ascii = text.isascii()
    lines = lines_of_words(text) if is_ascii else text.split("\n")
    cut = str.split if is_ascii else words
    some = [(place, cut(lines[place])) for place in _lines_with_any(text, wanted.stems)]
    found: list[Said] = [[] for _ in lines]
    wanted.learn(set(chain.from_iterable([of_line for _, of_line in some])))
    for place, of_line in some:
        if telling := [*filter(None, map(wanted.__getitem__, of_line))]:
            found[place] = [*dict(chain.from_iterable(telling)).items()]
    return found


def _lines_with_any(text: str, stems: Iterable[str]) -> Iterable[int]:
    """The numbers of the lines, from 0, that may have a term with one of these stems.

    A term is a word, or a part of one, in lower case and without underscores, and its stem is what
    it begins with. Looking for stems spares most words the cutting into terms.
    """
    if not text.isascii():  # where a letter in lower case may be two
        return range(text.count("\n") + 1)
    flat = text.lower().replace("_", "")
    found = set()
    for one in stems:
        place = end = 0
        at = flat.find(one)
        while at >= 0:
            place += flat.count("\n", end, at)
            found.add(place)
            end = flat.find("\n", at)
            at = flat.find(one, end) if end >= 0 else -1
    return found
