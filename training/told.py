"""What is said of a definition elsewhere in its package: by its tests, in a header or an
interface, in the documentation.

That is nearer to what people ask than a definition's own comment: other words, about what it does.
A remark says in plain words what the definition with one of some names does; `resolved` looks for
the one definition of the package that is meant.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from comments import doc_above, is_english, sentences
from pairfile import Pair

_NAME = re.compile(r"[A-Za-z_]\w{3,}")
_TEST = re.compile(
    r"\b(?:it|test|should|specify|scenario|Scenario|Run|TEST_CASE|SECTION|testset)\b[ (]*"
    r"[\"'`]([^\"'`\n]{15,150})[\"'`]"
)
_DECLARATION = re.compile(r"^[^\n=;{}]*?\b(\w{4,})\s*\(", re.MULTILINE)
_SPAN = re.compile(r"(?::\w+:)?``?~?([A-Za-z_][\w.:#]{3,60})(?:\(\))?``?")
_BLOCK = re.compile(r"/\*\*.*?\*/[ \t]*\n|(?:^[ \t]*///[^\n]*\n)+", re.DOTALL | re.MULTILINE)
_BODY = 1500  # characters of a test
_SHORT = 250  # characters of a definition that does nothing itself
_MOST_NAMED = 40  # names in a test
_SAID = 4  # remarks about one definition


class Remark(NamedTuple):
    kind: str
    package: str
    stem: str  # of the file that says it
    query: str
    names: tuple[str, ...]


class Target(NamedTuple):
    """A definition, under its last name."""

    package: str
    name: str
    language: str
    title: str
    document: str


def of_tests(text: str, package: str, stem: str) -> Iterator[Remark]:
    """What a test says that it tests, and the names that it uses."""
    found = list(_TEST.finditer(text))
    for one, after in zip(found, [*found[1:], None], strict=False):
        body = text[one.end() : min(after.start() if after else len(text), one.end() + _BODY)]
        names = tuple(dict.fromkeys(_NAME.findall(body)))[:_MOST_NAMED]
        if names and is_english(one[1]):
            yield Remark("tested", package, stem, one[1], names)


def of_declarations(text: str, package: str, stem: str) -> Iterator[Remark]:
    """Doc comments above declarations, as in a header."""
    for block in _BLOCK.finditer(text):
        declared = _DECLARATION.match(text, block.end())
        if declared:
            comment, _ = doc_above(text[block.start() : block.end()] + "x", len(block[0]))
            for sentence in sentences(comment)[:2]:
                yield Remark("declared", package, stem, sentence, (declared[1],))


def of_prose(text: str, package: str, stem: str) -> Iterator[Remark]:
    """Sentences that name something in the signs of code, without that name."""
    for line in text.split("\n\n"):
        for part in re.split(r"(?<=[.!?])\s+(?=[A-Z`])", line):
            named = _SPAN.search(part)
            if named:
                last = re.split(r"[.:#]", named[1].rstrip(".:#"))[-1]
                query = " ".join(re.sub(r"[`*_:]+", " ", part.replace(named[0], "")).split())
                if (
                    len(last) > 3
                    and len(query) < 250
                    and query.count(" ") > 3
                    and is_english(query)
                ):
                    yield Remark("named", package, stem, query, (last,))


def resolved(remarks: Iterable[Remark], targets: Iterable[Target]) -> Iterator[Pair]:
    """The remarks that mean one definition of their package, with that."""
    by_name: dict[tuple[str, str], list[Target]] = defaultdict(list)
    for target in targets:
        if len(target.document) > _SHORT:
            by_name[target.package, target.name].append(target)
    remarks = list(remarks)
    used = Counter((one.package, name) for one in remarks for name in one.names)
    said: Counter[tuple[str, str]] = Counter()
    for one in remarks:
        found = [
            of_name[0]
            for name in one.names
            if len(of_name := by_name.get((one.package, name), [])) == 1
        ]
        if not found:
            continue
        target = min(
            found,
            key=lambda item: (
                item.title.split(" ")[0].lower() not in one.stem.lower(),
                used[one.package, item.name],
            ),
        )
        key = target.title, target.document
        said[key] += 1
        if said[key] <= _SAID:
            yield Pair(
                one.kind, one.package, target.language, target.title, one.query, target.document
            )
