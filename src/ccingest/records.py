"""The values that travel through ccingest, in the order in which they come to be. All frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Phase: TypeAlias = Literal["resolve", "clone", "diff", "chunk", "embed", "index", "commit"]
PHASES: tuple[Phase, ...] = ("resolve", "clone", "diff", "chunk", "embed", "index", "commit")

Scope: TypeAlias = Literal["project", "global", "local"]
SCOPES: tuple[Scope, ...] = ("project", "global", "local")

SkipReason: TypeAlias = Literal[
    "excluded",  # --exclude, or not in --include
    "ignored",  # .ccingestignore
    "vendored",  # known vendor folders, linguist-vendored
    "generated",  # linguist-generated, a "do not edit" header, lock files
    "minified",
    "binary",
    "too_large",  # over 1 MiB
    "encoding",  # neither UTF-8 nor an encoding that can be told
    "empty",
    "lfs_pointer",
    "submodule",
    "symlink",
    "bad_path",  # not UTF-8, or holds what no checkout would write: "..", NUL, a drive
    "missing",  # the blob is not in the object database
]


@dataclass(frozen=True, slots=True)
class RepoRef:
    """A parsed repository reference. `host` is empty for a local repository."""

    host: str
    owner: str
    name: str
    clone_url: str  # never holds credentials
    branch: str | None = None  # from a /tree/BRANCH reference

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}" if self.owner else self.name

    @property
    def dataset_name(self) -> str:
        return f"{self.owner}-{self.name}" if self.owner else self.name

    @property
    def is_local(self) -> bool:
        return not self.host

    @property
    def web_url(self) -> str | None:
        """Where a person reads the repository; None for a local one."""
        return None if self.is_local else f"https://{self.host}/{self.full_name}"


@dataclass(frozen=True, slots=True)
class Checkout:
    """One commit of a repository in a bare object database on this disk. No work tree."""

    ref: RepoRef
    path: Path  # the bare repository
    sha: str  # 40 hex digits
    branch: str | None  # None when a commit was asked for by SHA


@dataclass(frozen=True, slots=True)
class TreeFile:
    """A file of the commit's tree that the path rules let through; not read yet."""

    path: str
    blob_id: str
    size: int  # bytes
    is_named: bool = False  # by its own path in --include: taken even if it looks generated


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A text file to index. `text` keeps the file's line ends and its BOM."""

    path: str
    blob_id: str
    language: str
    text: str
    size: int  # bytes in the repository


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of one file.

    The first `overlap` characters of `text` repeat the end of the chunk before; the chunks of a
    file, each without its overlap, joined, are the file. Lines count from 1, both ends included.
    """

    path: str
    start_line: int
    end_line: int
    language: str
    symbol: str  # dotted path of the definition, "Mux.handle"; empty outside of any
    kind: str  # "function", "class", "section", "block", ...
    text: str
    overlap: int = 0
    defines: tuple[str, ...] = ()  # symbols whose definition starts in this chunk


@dataclass(frozen=True, slots=True)
class EmbeddedChunk:
    """A chunk and its unit vector, float32, shape (dimensions,)."""

    chunk: Chunk
    ordinal: int  # position among the chunks of its file, from 0
    vector: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class ManifestFile:
    """A file of a dataset's visible version."""

    path: str
    blob_id: str
    language: str
    chunks: int


@dataclass(frozen=True, slots=True)
class DatasetVersion:
    """The visible version of a dataset: what a query reads and what the next ingest starts from."""

    dataset_id: int
    project: str
    name: str
    scope: Scope
    repository: str  # owner/name
    host: str
    branch: str | None
    sha: str
    embedder: str
    chunker: str
    selection: str  # fingerprint of --include and --exclude
    table_name: str
    table_version: int
    files: int
    chunks: int


@dataclass(frozen=True, slots=True)
class IngestOptions:
    """What the user may set for one ingest. Kept as JSON in `jobs.options`."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    model: str = ""  # empty: the default
    force: bool = False
    cache: bool = True  # whether a clone may be kept for the next time


@dataclass(frozen=True, slots=True)
class IngestCounts:
    """What one ingest did."""

    indexed_files: int = 0  # in the new version
    total_chunks: int = 0
    files_added: int = 0
    files_changed: int = 0
    files_moved: int = 0  # the content of a file that is gone, at another path
    files_removed: int = 0
    files_kept: int = 0
    chunks_added: int = 0
    chunks_moved: int = 0  # of files added, changed or moved, with a vector that was there already
    chunks_removed: int = 0
    chunks_kept: int = 0
    bytes_read: int = 0  # of the files chunked by this job
    skipped: Mapping[str, int] = field(default_factory=dict)  # SkipReason -> files
    fallbacks: Mapping[str, int] = field(default_factory=dict)  # why -> files chunked by lines
    seconds: Mapping[str, float] = field(default_factory=dict)  # Phase -> seconds


@dataclass(frozen=True, slots=True)
class JobResult:
    """A dataset version that is written but not yet visible, and how it came to be.

    The queue makes it visible and the job `completed` in one transaction.
    """

    sha: str
    branch: str | None
    embedder: str
    chunker: str
    selection: str
    table_name: str
    table_version: int
    manifest: tuple[ManifestFile, ...]
    counts: IngestCounts
    message: str


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The dataset is at the wanted commit already; nothing was written."""

    sha: str
    branch: str | None
    message: str


@dataclass(frozen=True, slots=True)
class Candidate:
    """A chunk that a search found in one dataset, before it is ranked."""

    chunk: Chunk
    chunk_id: str  # path#ordinal, unique in its dataset
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
    """The lines of a hit that answer best; `signature` begins the definition that they stand in."""

    start_line: int
    end_line: int
    signature: int | None = None  # a line before them


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk with its score, best first, ranks from 1."""

    rank: int
    score: float
    project: str
    dataset: str
    repository: str
    sha: str
    chunk: Chunk
    url: str | None
    snippet: Snippet
    confidence: float | None = None  # how likely it answers, 0 to 1; None for one method alone
    also: tuple[int, ...] = ()  # first lines of further places in the file that may answer
    copies: tuple[str, ...] = ()  # paths of files that have nearly the same
    explanation: Explanation | None = None
