"""The places of a hit that are shown: those that say most of the question."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ccingest.models import Chunk, Snippet
from ccingest.snippets.definitions import signature_line
from ccingest.snippets.wanted import Said, WantedWords, said_by_line

_REPEATED = 0.1  # what a word counts each further time
_WINDOW = 3  # lines of a place that is shown, if there are several
_TOLD = 0.3  # what a word counts in the second place that says it


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
    signature = signature_line(chunk, lines, first)
    best = next((at for at, line in enumerate(lines) if declared and declared.search(line)), -1)
    if best < 0 and (
        places := _telling_places(lines, said_by_line(chunk.text, wanted), first, most)
    ):
        return _of_places(places, most, start, signature, len(lines))
    if best < 0:
        best = max(first, min(found[0] - start, len(lines) - most + 1))
    best = max(first, min(best, len(lines) - most + (best > signature)))
    if best <= signature:
        return Snippet(start + best, min(start + best + most - 1, end))
    return Snippet(start + best, min(start + best + most - 2, end), start + signature)


def _telling_places(
    lines: Sequence[str], said: Sequence[Said], first: int, most: int
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


def _worth(
    said: Sequence[Said], covered: set[int], first: int, telling: Sequence[int], end: int
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
