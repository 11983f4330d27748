"""The files of a commit, straight from the object database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import pygit2
from pygit2.enums import FileMode, ObjectType

from ccingest.errors import RepositoryNotFoundError, StoreError
from ccingest.models import Entry, EntryKind, Reference
from ccingest.sources.git.failures import UNREADABLE, git_errors
from ccingest.sources.git.library import READS_HEADERS, open_repository

_TREE = int(FileMode.TREE)
_KINDS: Mapping[int, EntryKind] = {
    _TREE: "too_deep",
    int(FileMode.LINK): "link",
    int(FileMode.COMMIT): "submodule",
}

_ID_BYTES = 20
_KIND_BITS, _EXECUTABLE_BITS = 0o170000, 0o111
_DEEPEST = 256  # folders within folders
_LONGEST_FOLDER = 4096  # bytes of path: what Linux can open
# Limits for one commit. They stop a tree bomb: a few objects that unfold to billions of files.
_MOST_ENTRIES = 1_000_000
_MOST_PATH_BYTES = 256 * 1024 * 1024
# Bytes of one folder's object, which is read whole: a million entries of the usual length have 40 MiB.
_LARGEST_TREE = 64 * 1024 * 1024


class GitSnapshot:
    """The files of a commit. Reads no work tree, and runs nothing of the repository's config."""

    is_live = False

    def __init__(
        self, reference: Reference, path: Path, commit: str, *, was_kept: bool = False
    ) -> None:
        """`path` is the bare repository, `commit` 40 hex digits. Raises StoreError."""
        self._reference = reference
        self._path = path
        self.revision_id = commit
        self.was_kept = was_kept
        with git_errors(reference):
            self._repository = open_repository(path)
        self._odb = self._repository.odb

    def __reduce__(self) -> tuple[Any, ...]:
        return GitSnapshot, (self._reference, self._path, self.revision_id)

    def entries(self) -> Iterator[Entry]:
        """Every file, link and submodule of the commit.

        A folder that is more than 256 levels deep, or whose path has over 4096 bytes, is one entry of
        kind `too_deep`, without its content. Raises StoreError when the tree has over a million entries,
        over 256 MiB of paths, or is damaged.
        """
        with git_errors(self._reference):
            commit = self._repository[self.revision_id]
            assert isinstance(commit, pygit2.Commit)
            yield from self._walk(commit.tree_id)

    def size(self, path: str, content_id: str) -> int | None:  # noqa: ARG002 - a blob has no path
        """Bytes of a blob, from its header; None when there is no such blob."""
        try:
            kind, size = self._header(pygit2.Oid(hex=content_id))
        except UNREADABLE:  # the file is counted as `missing`, so there is nothing to log
            self._check_still_there()
            return None
        return size if kind == ObjectType.BLOB else None

    def read(self, path: str, content_id: str) -> bytes | None:  # noqa: ARG002
        """A blob's content; None when there is no such blob, or it is damaged."""
        try:
            kind, data = self._odb.read(pygit2.Oid(hex=content_id))
        except UNREADABLE:  # the file is counted as `missing`, so there is nothing to log
            self._check_still_there()
            return None
        return bytes(data) if kind == ObjectType.BLOB else None

    def _header(self, oid: pygit2.Oid) -> tuple[int, int]:
        if READS_HEADERS:
            kind, size = self._odb.read_header(oid)
            return int(kind), int(size)
        kind, data = self._odb.read(oid)
        return int(kind), len(data)

    def _check_still_there(self) -> None:
        """Raises RepositoryNotFoundError when the whole repository was removed.

        A local repository is read in place. Without this check, one that is deleted during a job would
        become a dataset without the rest of its files.
        """
        if not self._path.is_dir():
            raise RepositoryNotFoundError(
                f"{self._path} was removed while it was read; the dataset stays as it was."
            )

    def _walk(self, root: pygit2.Oid) -> Iterator[Entry]:
        pending: list[tuple[bytes, int, pygit2.Oid]] = [(b"", 0, root)]
        count = path_bytes = 0
        while pending:
            prefix, depth, tree_id = pending.pop()
            self._require_bounded(tree_id)
            for mode, name, content_id in self._tree(tree_id):
                path = prefix + name
                count += 1
                path_bytes += len(path)
                if count > _MOST_ENTRIES or path_bytes > _MOST_PATH_BYTES:
                    raise self._too_many()
                if mode != _TREE:
                    yield Entry(path, content_id.hex(), _KINDS.get(mode, "file"))
                elif depth < _DEEPEST and len(path) < _LONGEST_FOLDER:
                    pending.append((path + b"/", depth + 1, pygit2.Oid(raw=content_id)))
                else:
                    yield Entry(path, content_id.hex(), "too_deep")

    def _tree(self, tree_id: pygit2.Oid) -> Iterator[tuple[int, bytes, bytes]]:
        """The mode, name and id of each entry of a tree. Raises ValueError for one that is damaged.

        pygit2 makes an object and an enum of each entry, which takes four times as long.
        """
        kind, data = self._odb.read(tree_id)
        if kind != ObjectType.TREE:
            raise ValueError(tree_id)
        position = 0
        while position < len(data):
            blank = data.find(b" ", position)
            end = data.find(b"\x00", blank)
            mode = _mode(data[position:blank]) if blank > 0 else None
            position = end + 1 + _ID_BYTES
            if mode is None or end <= blank + 1 or position > len(data):
                raise ValueError(tree_id)
            yield mode, data[blank + 1 : end], data[end + 1 : position]

    def _require_bounded(self, tree_id: pygit2.Oid) -> None:
        """Before a tree is read. One that is missing or damaged is found when it is."""
        with suppress(*UNREADABLE):
            size = self._header(tree_id)[1]
            if size > _LARGEST_TREE:
                raise self._too_many()

    def _too_many(self) -> StoreError:
        return StoreError(
            f"{self._reference.name} has over {_MOST_ENTRIES:,} files or paths of "
            f"{_MOST_PATH_BYTES // 2**20} MiB; ccingest takes no repository of that size."
        )


@lru_cache(maxsize=64)
def _mode(digits: bytes) -> int | None:
    """The FileMode that git takes these octal digits for; None for what are none."""
    try:
        mode = int(digits, 8)
    except ValueError:
        return None
    kind = mode & _KIND_BITS
    if kind == _TREE or (kind in _KINDS and not mode & _EXECUTABLE_BITS):
        return kind
    return int(FileMode.BLOB)
