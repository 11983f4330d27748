"""The file of pairs: kind, package, language, title, query and document a line."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_ESCAPES = {"\\\\": "\\", "\\t": "\t", "\\n": "\n"}
_ESCAPED = re.compile(r"\\[\\tn]")


class Pair(NamedTuple):
    kind: str
    package: str
    language: str
    title: str  # what the pipeline would put above: the file's name and the symbol
    query: str
    document: str


def read_pairs(path: Path) -> Iterator[Pair]:
    with gzip.open(path, "rt", encoding="utf8", newline="\n") as file:
        for line in file:
            yield Pair(*map(_unescape, line.rstrip("\n").split("\t")))


def to_line(pair: Pair) -> str:
    return "\t".join(map(_escape, pair)) + "\n"


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda found: _ESCAPES[found[0]], text)
