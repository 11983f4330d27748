"""The types of the documents of what is found."""

from __future__ import annotations

from typing import TypedDict

from ccingest.documents.freshness import FreshnessDocument


class ContributionDocument(TypedDict):
    name: str
    reason: str
    value: float
    points: float


class ExplanationDocument(TypedDict):
    questionKind: str
    nthOfFile: int
    contributions: list[ContributionDocument]


class SnippetDocument(TypedDict):
    """The lines that answer best. `signatureLine` begins the definition they stand in; `lineNumbers`
    are those of the lines of `text`, which may have further places of the hit."""

    startLine: int
    endLine: int
    signatureLine: int | None
    lineNumbers: list[int]
    text: str


class _Hit(TypedDict):
    rank: int
    score: float
    confidence: float | None
    project: str
    dataset: str
    source: str
    repository: str
    sha: str
    path: str
    state: str  # committed, modified or untracked: what git knows; stored: no git knows of it
    startLine: int
    endLine: int
    language: str
    symbol: str
    kind: str
    snippet: SnippetDocument
    also: list[int]
    copies: list[str]
    url: str | None


class HitDocument(_Hit, total=False):
    """`text` can be left out; `explanation` is there where it was asked for."""

    text: str
    explanation: ExplanationDocument


class SearchDocument(TypedDict):
    query: str
    k: int
    hits: list[HitDocument]
    note: str | None
    mode: str
    freshness: list[FreshnessDocument]


class StoredFile(TypedDict):
    project: str
    dataset: str
    source: str
    repository: str
    sha: str
    path: str
    state: str


class FileLinesDocument(StoredFile):
    startLine: int
    endLine: int
    text: str
    url: str | None


class FoundFileDocument(StoredFile):
    """What `open` opens: `file` is the one in a work tree, null when a copy is shown."""

    line: int
    file: str | None
    url: str | None


class SymbolDocument(TypedDict):
    symbol: str
    line: int


class OutlineDocument(StoredFile):
    symbols: list[SymbolDocument]


class SimilarDocument(StoredFile):
    line: int
    k: int
    hits: list[HitDocument]
