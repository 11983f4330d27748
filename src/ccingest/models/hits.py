"""The results of searches, and why they were found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from ccingest.models.content import Chunk
from ccingest.models.overlays import FileState

if TYPE_CHECKING:
    from ccingest.models.datasets import DamagedDataset, Dataset
    from ccingest.models.freshness import Freshness
    from ccingest.models.questions import Mode
    from ccingest.models.sources import SourceKind


class Candidate(NamedTuple):
    """A chunk that a search found in one dataset, before it is ranked. A named tuple: hundreds are
    made for a question."""

    chunk: Chunk
    ordinal: int  # its place among the chunks of its file, from 0
    similarity: float = 0.0  # cosine of its vector and the question's, -1 to 1
    bm25: float = 0.0  # of the question's terms, from 0
    file_bm25: float = 0.0  # of its file, among files
    is_named: bool = False  # the question names its path or what it defines


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one ranking signal or penalty did to a score."""

    name: str
    reason: str
    value: float  # of a signal from 0 to 1; of a penalty its factor
    points: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a hit stands where it stands. The points sum to its score."""

    kind: str  # of question: "identifier", "path", "code", "error" or "words"
    nth_of_file: int  # hits of a file beyond the first stand behind the first of other files
    contributions: tuple[Contribution, ...]  # signals, highest first, then penalties


@dataclass(frozen=True, slots=True)
class Snippet:
    """The lines of a hit that answer best. `signature` is the line that begins their definition."""

    start_line: int
    end_line: int
    signature: int | None = None  # before them
    lines: tuple[tuple[int, str], ...] = ()  # number and text of each that is shown, in order
    more: tuple[tuple[int, int], ...] = ()  # first and last lines of what is shown beside them


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk with its score, best first, ranks from 1."""

    rank: int
    score: float
    project: str
    dataset: str
    repository: str
    revision: str
    chunk: Chunk
    url: str | None
    snippet: Snippet
    confidence: float | None = None  # how likely it answers, 0 to 1; None for one method alone
    also: tuple[int, ...] = ()  # first lines of further places in the file that may answer
    copies: tuple[str, ...] = ()  # paths of files that have nearly the same
    explanation: Explanation | None = None
    source: SourceKind = "github"
    similarity: float = 0.0  # cosine of its vector and the question's, -1 to 1
    bm25: float = 0.0  # of the question's words, from 0
    state: FileState = "committed"  # of its file; what is changed has no link

    @property
    def path(self) -> str:
        return self.chunk.path

    @property
    def start_line(self) -> int:
        return self.chunk.start_line

    @property
    def end_line(self) -> int:
        return self.chunk.end_line

    @property
    def language(self) -> str:
        return self.chunk.language

    @property
    def symbol(self) -> str:
        return self.chunk.symbol

    @property
    def kind(self) -> str:
        return self.chunk.kind

    @property
    def text(self) -> str:
        return self.chunk.text


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The hits of one question, best first."""

    query: str
    k: int  # most hits
    hits: tuple[Hit, ...]
    note: str = ""  # why there are no hits, or why they were found by words only
    datasets: tuple[Dataset, ...] = ()  # those that were searched
    mode: Mode = "hybrid"  # which one answered
    freshness: tuple[Freshness, ...] = ()  # of these, or where they are many, of those with hits
    damaged: tuple[DamagedDataset, ...] = ()  # those that could not be searched; the note says so


@dataclass(frozen=True, slots=True)
class SimilarResult:
    """Code like that at a line of a stored file."""

    dataset: Dataset
    path: str
    line: int
    k: int
    hits: tuple[Hit, ...]
    datasets: tuple[Dataset, ...] = ()  # those that were searched
    damaged: tuple[DamagedDataset, ...] = ()  # those that could not be
