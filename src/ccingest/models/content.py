"""Files of a revision, and the chunks they are cut into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SkipReason: TypeAlias = Literal[
    "excluded",  # --exclude, or not in --include
    "ignored",  # .ccingestignore; of a folder also .ignore and .gitignore
    "vendored",  # known vendor folders, linguist-vendored
    "generated",  # linguist-generated, a "do not edit" header, lock files
    "minified",
    "binary",
    "too_large",  # over 1 MiB; data and rows of data over 128 KiB, notebooks over 8 MiB
    "encoding",  # neither UTF-8 nor an encoding that is recognised
    "empty",
    "lfs_pointer",
    "submodule",
    "symlink",
    "bad_path",  # not UTF-8, or with parts that git never checks out: "..", NUL, a drive
    "missing",  # the source lists the file, but lacks its content
    "hidden",  # of a folder: its name begins with a dot
    "special",  # a pipe, a device or a socket
    "unreadable",  # no permission, or the disk fails
    "changed",  # changed or vanished while it was read; the next sync reads it
]


@dataclass(frozen=True, slots=True)
class SelectedFile:
    """A file that the path rules accept. It has not been read yet."""

    path: str
    content_id: str
    size: int  # bytes
    # By its own path in --include, or by -linguist-generated: taken even if it looks generated.
    is_wanted: bool = False
    language: str = ""  # as .gitattributes says; empty where it says nothing
    # Of the files around it, where they say more than its name. Counts if its text doesn't tell.
    usual: str = ""

    @property
    def version_id(self) -> str:
        """The same for a file that gives the same chunks: of its content and what says its language."""
        if self.usual:
            return f"{self.content_id} {self.language}~{self.usual}"
        return f"{self.content_id} {self.language}" if self.language else self.content_id


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A text file to index. `text` keeps the file's line ends and its BOM."""

    path: str
    content_id: str
    language: str
    text: str
    size: int  # bytes in the source


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of one file.

    The first `overlap` characters of `text` repeat the end of the chunk before. Without them, the joined
    chunks of a file are the file. Lines count from 1, both ends included.
    """

    path: str
    start_line: int
    end_line: int
    language: str
    symbol: str  # dotted path of the definition, "Mux.handle"; empty outside of definitions
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
