"""The files of a commit, straight from the object database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pygit2
from pygit2.enums import FileMode, ObjectType

from ccingest.errors import RepositoryNotFoundError, StoreError
from ccingest.git.failures import git_errors
from ccingest.git.library import open_repository
from ccingest.records import Checkout

TREE = int(FileMode.TREE)
LINK = int(FileMode.LINK)
SUBMODULE = int(FileMode.COMMIT)

_DEEPEST = 256  # folders within folders
_LONGEST_FOLDER = 4096  # bytes of path: what Linux can open
# Of one commit. A tree bomb stops here: few objects that unfold to billions of files.
_MOST_ENTRIES = 1_000_000
_MOST_PATH_BYTES = 256 * 1024 * 1024

# pygit2 1.18, the last for Python 3.10, can only tell a size by reading the whole blob.
_READS_HEADERS = hasattr(pygit2.Odb, "read_header")

# Not there, damaged, or damaged so that pygit2 finds a type that does not exist.
_UNREADABLE = (KeyError, pygit2.GitError, ValueError)


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """A file, link or submodule of a commit's tree; or (mode TREE) a folder nested too deep."""

    path: bytes
    blob_id: str
    mode: int


class ObjectReader:
    """The files of a checkout. Reads no work tree and runs nothing of the repository's config."""

    def __init__(self, checkout: Checkout) -> None:
        self._checkout = checkout
        with git_errors(checkout.ref):
            self._repository = open_repository(checkout.path)
        self._odb = self._repository.odb

    def entries(self) -> Iterator[TreeEntry]:
        """Every file, link and submodule of the commit.

        A folder more than 256 levels deep, or with a path over 4096 bytes, comes as itself
        instead of what it holds. Raises StoreError when the tree has over a million entries,
        over 256 MiB of paths, or is damaged.
        """
        with git_errors(self._checkout.ref):
            commit = self._repository[self._checkout.sha]
            assert isinstance(commit, pygit2.Commit)
            yield from self._walk(commit.tree)

    def size(self, blob_id: str) -> int | None:
        """Bytes of a blob, from its header alone; None when it is not there or no blob."""
        try:
            kind, size = self._header(pygit2.Oid(hex=blob_id))
        except _UNREADABLE:
            self._check_still_there()
            return None
        return size if kind == ObjectType.BLOB else None

    def read(self, blob_id: str) -> bytes | None:
        """A blob's content; None when it is not there, damaged, or no blob."""
        try:
            kind, data = self._odb.read(pygit2.Oid(hex=blob_id))
        except _UNREADABLE:
            self._check_still_there()
            return None
        return bytes(data) if kind == ObjectType.BLOB else None

    def _header(self, oid: pygit2.Oid) -> tuple[int, int]:
        if _READS_HEADERS:
            kind, size = self._odb.read_header(oid)
            return int(kind), int(size)
        kind, data = self._odb.read(oid)
        return int(kind), len(data)

    def _check_still_there(self) -> None:
        """Raises RepositoryNotFoundError when it is not one blob that is gone, but all.

        A local repository is read in place; without this, one that is deleted meanwhile would
        become a dataset without the rest of its files.
        """
        if not self._checkout.path.is_dir():
            raise RepositoryNotFoundError(
                f"{self._checkout.path} was removed while it was read; the dataset stays as it was."
            )

    def _walk(self, root: pygit2.Tree) -> Iterator[TreeEntry]:
        pending: list[tuple[bytes, int, pygit2.Tree]] = [(b"", 0, root)]
        count = path_bytes = 0
        while pending:
            prefix, depth, tree = pending.pop()
            for item in tree:
                path = prefix + (item.raw_name or b"")
                count += 1
                path_bytes += len(path)
                if count > _MOST_ENTRIES or path_bytes > _MOST_PATH_BYTES:
                    raise self._too_many()
                mode = int(item.filemode)
                if mode != TREE:
                    yield TreeEntry(path, str(item.id), mode)
                elif depth < _DEEPEST and len(path) < _LONGEST_FOLDER:
                    if isinstance(item, pygit2.Tree):
                        pending.append((path + b"/", depth + 1, item))
                else:
                    yield TreeEntry(path, str(item.id), mode)

    def _too_many(self) -> StoreError:
        return StoreError(
            f"{self._checkout.ref.full_name} has over {_MOST_ENTRIES:,} files or paths of "
            f"{_MOST_PATH_BYTES // 2**20} MiB; ccingest takes no repository of that size."
        )
