"""Chunks of one file to what is shown: whole definitions, lines around, the file itself.

Pure functions over all chunks of a file in their order. Without their overlaps they are the file,
byte for byte; lines end at a line feed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain
from typing import TypeAlias

from ccingest.models import Chunk, Snippet
from ccingest.terms import lines_of_words, stem, terms_of_word, words

# A definition that is longer is shown by its best chunk alone.
_LONGEST_WHOLE = 4000
_REPEATED = 0.1  # what a word counts each further time
_WINDOW = 3  # lines of a place that is shown, if there are several
_TOLD = 0.3  # what a word counts in the second place that says it
_PROSE = frozenset({"markdown", "rst"})  # their sections are not indented
_ANCHORED = re.compile(r"[>\s-]*#{1,6}\s.*\{#([^\s{}]+)\}\s*$")
# Blanks are taken from where they begin: to try each of many takes the square of their number.
_ANCHORS = re.compile(
    r"^([> \t-]*#{1,6}(?=[ \t]).*?)(?<![ \t])[ \t]*\{#[^\s{}]+\}[ \t]*$", re.MULTILINE
)
_SEPARATOR = re.compile(r"\.| > ")  # of the names that a symbol has
_SIGNATURE = 3  # lines from the beginning of a definition in which its name is looked for

_Said: TypeAlias = list[tuple[int, float]]  # numbers and weights of words of the question


@dataclass(frozen=True, slots=True)
class OutlineItem:
    """A definition in a file."""

    symbol: str
    line: int  # from 1


def anchor_at(chunks: Sequence[Chunk], line: int) -> str:
    """The anchor of the heading above a line of a page, as `## Title {#anchor}` has it."""
    for chunk in sorted(chunks, key=lambda one: one.start_line, reverse=True):
        for offset, text in reversed(list(enumerate(chunk.text.split("\n")))):
            if chunk.start_line + offset <= line and (found := _ANCHORED.match(text)):
                return found[1]
    return ""


def without_anchors(text: str) -> str:
    """Lines of a page as they are shown: links lead to the anchors of its headings, nobody reads them.

    >>> without_anchors("## Install {#install}\\n\\nAs `{#id}` says.")
    '## Install\\n\\nAs `{#id}` says.'
    """
    return _ANCHORS.sub(r"\1", text)


def page_chunk(chunk: Chunk) -> Chunk:
    """A chunk of a page without its anchors."""
    overlap = len(without_anchors(chunk.text[: chunk.overlap]))
    return replace(chunk, text=without_anchors(chunk.text), overlap=overlap)


def file_text(chunks: Sequence[Chunk]) -> str:
    """The file, from all its chunks in order."""
    return "".join(chunk.text[chunk.overlap :] for chunk in chunks)


def whole_definition(chunks: Sequence[Chunk], index: int) -> tuple[int, int]:
    """First and last index of the definition that the chunk is a piece of, if that is not long."""
    symbol = chunks[index].symbol
    if not symbol:
        return index, index
    first = last = index
    while first and symbol not in chunks[first].defines and chunks[first - 1].symbol == symbol:
        first -= 1
    while (
        last + 1 < len(chunks)
        and chunks[last + 1].symbol == symbol
        and symbol not in chunks[last + 1].defines
    ):
        last += 1
    length = sum(len(chunk.text) - chunk.overlap for chunk in chunks[first : last + 1])
    return (first, last) if length <= _LONGEST_WHOLE else (index, index)


def joined(chunks: Sequence[Chunk], first: int, last: int, best: int) -> Chunk:
    """The chunks `first` to `last` as one, which has the symbol and kind of the chunk `best`."""
    if first == last:
        return chunks[first]
    defined = (symbol for chunk in chunks[first : last + 1] for symbol in chunk.defines)
    return replace(
        chunks[best],
        start_line=chunks[first].start_line,
        end_line=chunks[last].end_line,
        text=chunks[first].text + file_text(chunks[first + 1 : last + 1]),
        overlap=chunks[first].overlap,
        defines=tuple(dict.fromkeys(defined)),
    )


def with_context(chunk: Chunk, chunks: Sequence[Chunk], lines: int) -> Chunk:
    """The chunk as whole lines of its file, and as many lines before and after it."""
    of_file = split_lines(file_text(chunks))
    start = max(1, chunk.start_line - lines)
    end = min(len(of_file), chunk.end_line + lines)
    text = "".join(of_file[start - 1 : end])
    return replace(chunk, start_line=start, end_line=end, text=text, overlap=0)


def split_lines(text: str) -> list[str]:
    """Lines with their ends; unlike str.splitlines, at line feeds only."""
    parts = text.split("\n")
    lines = [f"{part}\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def outline(chunks: Sequence[Chunk]) -> list[OutlineItem]:
    """The symbols that the file defines, each at the line where its name first stands.

    A chunk knows what it defines, but not where: the line is found by the name, from the line of
    the definition before on.
    """
    items = []
    for chunk in chunks:
        lines = chunk.text.split("\n")
        at = chunk.text.count("\n", 0, chunk.overlap)
        for symbol in chunk.defines:
            name = _last_name(symbol)
            at = next((n for n in range(at, len(lines)) if name in lines[n]), at)
            items.append(OutlineItem(symbol, chunk.start_line + at))
    return items


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


def best_lines(
    chunk: Chunk,
    wanted: WantedWords,
    most: int,
    found: tuple[int, int],
    declared: re.Pattern[str] | None = None,
) -> Snippet:
    """At most `most` lines of a hit: those that say most of the question, its signature above them.

    `found`: first and last line of the chunk that was found in the definition. `declared`: of a bare
    name, what its declaration looks like.
    """
    lines = chunk.text.replace("\r\n", "\n").rstrip().split("\n")
    first = next((place for place, line in enumerate(lines) if line.strip()), 0)
    start, end = chunk.start_line, chunk.start_line + len(lines) - 1
    if len(lines) - first <= most:
        return Snippet(start + first, end)
    signature = _signature(chunk, lines, first)
    best = next((at for at, line in enumerate(lines) if declared and declared.search(line)), -1)
    if best < 0 and (places := _telling_places(lines, _said(chunk.text, wanted), first, most)):
        return _of_places(places, most, start, signature, len(lines))
    if best < 0:
        best = max(first, min(found[0] - start, len(lines) - most + 1))
    best = max(first, min(best, len(lines) - most + (best > signature)))
    if best <= signature:
        return Snippet(start + best, min(start + best + most - 1, end))
    return Snippet(start + best, min(start + best + most - 2, end), start + signature)


def _telling_places(
    lines: Sequence[str], said: Sequence[_Said], first: int, most: int
) -> list[range]:
    """Windows of lines that say most of the question, best first; one line is left for a signature.

    An answer is often spread over its definition, so that several places tell more of it than one
    of the same length. What is said in a window before counts little in the next.
    """
    end = len(lines)
    telling = [place for place in range(first, end) if said[place]]
    places: list[range] = []
    covered: set[int] = set()
    sizes = _sizes(most - 1)
    # No window is worth more than it was before others were chosen, the largest first.
    bounds = []
    for number, place in enumerate(telling if sizes else ()):
        start = min(place, end - sizes[0])
        said_there = telling[number : number + sizes[0]]
        bounds.append((_worth(said, covered, start, said_there, start + sizes[0]), -number))
    bounds.sort(reverse=True)
    for size in sizes:
        best, worth = range(0), 0.0
        for bound, number in bounds:
            if bound <= worth + 1e-9:
                break
            start = min(telling[-number], end - size)
            if any(start < one.stop and one.start < start + size for one in places):
                continue
            said_there = telling[-number : size - number]
            value = _worth(said, covered, start, said_there, start + size) if covered else bound
            if value > worth + 1e-9:
                best, worth = range(start, start + size), value
        if not best:
            break
        while best.start > first and not lines[best.stop - 1].strip():
            if any(best.start - 1 in one for one in places):
                break
            best = range(best.start - 1, best.stop - 1)  # what is above tells more than blank lines
        places.append(best)
        covered.update(word for place in best for word, _ in said[place])
    return places


def _sizes(lines: int) -> list[int]:
    """Lines in windows of about `_WINDOW`, the largest first."""
    if lines < 1:
        return []
    windows = max(1, (lines + 1) // _WINDOW)
    return [lines // windows + (number < lines % windows) for number in range(windows)]


def _of_places(places: Sequence[range], most: int, start: int, signature: int, end: int) -> Snippet:
    """What is beside each other as one; the best one grows where there are lines left."""
    shown = {place for one in places for place in one}
    has_signature = signature in shown
    at = places[0].stop
    while len(shown) < most - (not has_signature) and at < end:
        shown.add(at)
        at += 1
    parts: list[range] = []
    for place in sorted(shown):
        if parts and parts[-1].stop == place:
            parts[-1] = range(parts[-1].start, place + 1)
        else:
            parts.append(range(place, place + 1))
    best = next(part for part in parts if places[0].start in part)
    return Snippet(
        start + best.start,
        start + best.stop - 1,
        None if has_signature or best.start < signature else start + signature,
        more=tuple((start + part.start, start + part.stop - 1) for part in parts if part != best),
    )


def _said(text: str, wanted: WantedWords) -> list[_Said]:
    """Of each line, number and weight of each word of the question that it says."""
    is_ascii = text.isascii()
    lines = lines_of_words(text) if is_ascii else text.split("\n")
    cut = str.split if is_ascii else words
    some = [(place, cut(lines[place])) for place in _lines_with_any(text, wanted.stems)]
    found: list[_Said] = [[] for _ in lines]
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


def _worth(
    said: Sequence[_Said], covered: set[int], first: int, telling: Sequence[int], end: int
) -> float:
    """Each word once, and a little for each further line that says it; earlier lines a bit more.

    `covered`: the words that count little. `telling`: the lines from `first` on that say anything, `end`
    the line after the last that counts.
    """
    best: dict[int, float] = {}
    total = 0.0
    for place in telling:
        if place >= end:
            break
        earlier = 1 - 0.01 * (place - first)
        for word, weight in said[place]:
            value = weight * earlier
            if word in covered:
                value *= _TOLD
            total += value
            if value > best.get(word, 0.0):
                best[word] = value
    return _REPEATED * total + sum(best.values())


def _signature(chunk: Chunk, lines: Sequence[str], first: int) -> int:
    """The line that names the definition, or the first that is not empty."""
    name = _last_name(chunk.symbol)
    places = range(first, min(first + _SIGNATURE, len(lines)))
    return next((place for place in places if name and name in lines[place]), first)


@lru_cache(maxsize=5_000)
def _last_name(symbol: str) -> str:
    return _SEPARATOR.split(symbol)[-1]


def shown_lines(chunk: Chunk, snippet: Snippet) -> list[tuple[int, str]]:
    """The lines of a snippet with their numbers, in order."""
    lines = chunk.text.replace("\r\n", "\n").split("\n")
    parts = [(snippet.start_line, snippet.end_line), *snippet.more]
    numbers = {number for first, last in parts for number in range(first, last + 1)}
    if snippet.signature:
        numbers.add(snippet.signature)
    return [
        (number, lines[number - chunk.start_line])
        for number in sorted(numbers)
        if 0 <= number - chunk.start_line < len(lines)
    ]


def definition_of(chunk: Chunk, chunks: Sequence[Chunk], snippet: Snippet) -> OutlineItem | None:
    """The definition that most lines of the snippet stand in, by their indentation.

    `chunk` is what the chunks are joined to. None where no definition is known to hold them.
    """
    lines = chunk.text.split("\n")
    items = [item for item in outline(chunks) if item.line >= chunk.start_line]
    numbers = range(snippet.start_line, snippet.end_line + 1)
    found = Counter(
        item
        for number in numbers
        if lines[number - chunk.start_line].strip()
        and (item := _enclosing(lines, chunk, items, number))
    )
    return found.most_common(1)[0][0] if found else None


def _enclosing(
    lines: Sequence[str], chunk: Chunk, items: Sequence[OutlineItem], number: int
) -> OutlineItem | None:
    """The nearest definition above a line that is less indented, or that begins there."""
    own = _indentation(lines[number - chunk.start_line])
    for item in reversed(items):
        if item.line == number or (
            item.line < number
            and (
                chunk.language in _PROSE or _indentation(lines[item.line - chunk.start_line]) < own
            )
        ):
            return item
    return None


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip())


def symbol_at(chunks: Sequence[Chunk], line: int, otherwise: str) -> str:
    """What the chunk is named after that holds this line of a file."""
    holding = (chunk for chunk in chunks if chunk.start_line <= line <= chunk.end_line)
    return next((chunk.symbol for chunk in holding if chunk.symbol), otherwise)
