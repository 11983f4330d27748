"""A work tree as a snapshot: its files as a commit would have them, without one.

Everything is only read. Neither the index nor the object database of the repository is written.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import pygit2
from pygit2.enums import ObjectType

from ccingest.errors import RepositoryNotFoundError, TreeChangedError, UnsupportedSourceError
from ccingest.models import Entry, Reference
from ccingest.sources.git.failures import git_errors
from ccingest.sources.git.headers import require_small
from ccingest.sources.git.ignoring import Ignored
from ccingest.sources.git.index_file import Indexed, IndexFile, read_index
from ccingest.sources.git.library import open_at, open_repository
from ccingest.sources.git.snapshot import GitSnapshot
from ccingest.sources.git.tree_files import (
    TreeFile,
    TreeFiles,
    TreeWalk,
    blob_id,
    listing_of,
    open_folder,
    read_whole,
)
from ccingest.sources.git.tree_memory import TreeMemory

_LFS = "lfs"
_IDENT = re.compile(rb"\$Id:[^$\n]*\$")


@dataclass(frozen=True, slots=True)
class Head:
    """What is checked out. `commit` None: there is none yet. `branch` None: it is detached."""

    commit: str | None
    branch: str | None


class WorkTree:
    """A repository with a work tree, opened for one look at it."""

    def __init__(self, top: Path) -> None:
        """`top` is the folder of the work tree. Raises RepositoryNotFoundError, UnsupportedSourceError."""
        self.top = top.resolve()
        self.reference = Reference("github", self.top.name, f"file://{self.top}")
        self._repository = open_at(self.top)
        if self._repository.is_bare or not self._repository.workdir:
            raise UnsupportedSourceError(f"{self.top} is a bare repository and has no work tree.")

    def head(self) -> Head:
        with git_errors(self.reference):
            head = self._repository.lookup_reference("HEAD")
            branch = head.raw_target if isinstance(head.raw_target, bytes) else None
            try:
                target = pygit2.Oid(hex=str(head.resolve().target))
                require_small(self._repository.odb, target, self.reference.name)
                commit = str(self._repository[target].peel(pygit2.Commit).id)
            except (KeyError, pygit2.GitError):
                commit = None
        name = None if branch is None else branch.decode("utf8", "backslashreplace")
        return Head(commit, name and name.removeprefix("refs/heads/"))

    def look(self, memory: TreeMemory, *, without: Path) -> tuple[Head, TreeSnapshot, TreeFiles]:
        """What is checked out, and the files at this moment, except those in the folder `without`.
        Raises RepositoryNotFoundError when its folder is gone."""
        head = self.head()
        index = read_index(Path(self._repository.path) / "index") or self._index_of(head)
        walk = TreeWalk(index, memory, Ignored(self._repository), self._as_stored, without)
        try:
            found = walk.files(str(self.top))
        except OSError as error:
            raise RepositoryNotFoundError(f"{self.top} can't be read: {error.strerror}.") from error
        snapshot = TreeSnapshot(self.top, head.commit or "", found.files, found.contents)
        return head, snapshot, found

    def ignores(self, path: str) -> bool:
        """Whether there is such a file, and git ignores it."""
        try:
            is_there = (self.top / path).is_file()
        except (OSError, ValueError):  # no file can have that name
            return False
        return is_there and Ignored(self._repository)(path)

    def committed(self, commit: str | None, paths: list[str]) -> dict[str, str]:
        """The id of the blob that the commit has at each of these paths, if any."""
        if commit is None:
            return {}
        with git_errors(self.reference):
            tree = self._repository[commit].peel(pygit2.Tree)
            return {path: found for path in paths if (found := _blob_at(tree, path))}

    def _index_of(self, head: Head) -> IndexFile:
        """What the index would be right after a checkout, where it can't be read."""
        if head.commit is None:
            return IndexFile({}, 0)
        commit = GitSnapshot(self.reference, self.top, head.commit)
        modes = {"submodule": 0o160000}
        entries = {
            os.fsdecode(entry.path): Indexed(
                entry.content_id, modes.get(entry.kind, 0o100644), (0, 0, 0, 0)
            )
            for entry in commit.entries()
        }
        return IndexFile(entries, 0)

    def _as_stored(self, path: str, data: bytes, indexed: Indexed) -> bytes:
        """What git stores of these bytes, as far as its own attributes say; no filter is run."""
        if self._attribute(path, "filter") == _LFS:
            return self._pointer(indexed, data)
        encoding = self._attribute(path, "working-tree-encoding")
        if isinstance(encoding, str):
            try:
                data = data.decode(encoding).encode()
            except (UnicodeError, LookupError):
                return data
        if b"\r\n" in data and self._converts_line_ends(path):
            data = data.replace(b"\r\n", b"\n")
        if b"$Id:" in data and self._attribute(path, "ident") is True:
            data = _IDENT.sub(b"$Id$", data)
        return data

    def _pointer(self, indexed: Indexed, data: bytes) -> bytes:
        """The pointer that stands for these bytes, where the index has one of them or another."""
        pointer = self._repository.get(indexed.content_id)
        return pointer.data if isinstance(pointer, pygit2.Blob) else data

    def _converts_line_ends(self, path: str) -> bool:
        text = self._attribute(path, "text")
        if text is False:
            return False
        if text is not None or self._attribute(path, "eol"):
            return True
        try:
            setting = self._repository.config["core.autocrlf"] or "true"
        except KeyError:
            return False
        return setting.lower() in ("true", "input")

    def _attribute(self, path: str, name: str) -> str | bool | None:
        try:
            return self._repository.get_attr(path, name)
        except (UnicodeEncodeError, ValueError, pygit2.GitError):
            return None


class TreeSnapshot:
    """The files of a tree as they were seen. What a file holds by now does not matter to it."""

    was_kept = False
    is_live = False

    def __init__(
        self, top: Path, commit: str, files: Mapping[str, TreeFile], contents: Mapping[str, bytes]
    ) -> None:
        self._top = top
        self.revision_id = commit
        self._files = files
        self._contents = contents
        self._odb = open_repository(top).odb

    def __reduce__(self) -> tuple[Any, ...]:
        return TreeSnapshot, (self._top, self.revision_id, {}, self._contents)

    @cached_property
    def listing_id(self) -> str:
        """The same for the same files."""
        digest = hashlib.sha1(self.revision_id.encode(), usedforsecurity=False)
        digest.update(listing_of(self._files))
        return digest.hexdigest()

    def entries(self) -> Iterator[Entry]:
        for path, file in self._files.items():
            yield Entry(path.encode("utf8", "surrogateescape"), file.content_id, file.kind)

    def size(self, path: str, content_id: str) -> int | None:  # noqa: ARG002 - of the one there is
        file = self._files.get(path)
        return file.size if file else None

    def read(self, path: str, content_id: str) -> bytes | None:
        """The content that was seen. Raises TreeChangedError when it can't be had any more."""
        kept = self._contents.get(content_id)
        if kept is not None:
            return kept
        try:
            kind, data = self._odb.read(pygit2.Oid(hex=content_id))
            if kind == ObjectType.BLOB:
                return bytes(data)
        except (KeyError, ValueError, pygit2.GitError):
            pass  # git has not stored it
        return self._read_again(path, content_id)

    @property
    def files(self) -> Mapping[str, TreeFile]:
        """Every file, link and submodule, by path."""
        return self._files

    def is_tracked(self, path: str) -> bool:
        return self._files[path].is_tracked

    def content_id(self, path: str) -> str | None:
        file = self._files.get(path)
        return file.content_id if file else None

    def _read_again(self, path: str, content_id: str) -> bytes:
        try:
            folder = open_folder(str(self._top), path)
            try:
                _, data = read_whole(folder, path.rpartition("/")[2])
            finally:
                os.close(folder)
        except OSError:
            data = b""
        if blob_id(data) != content_id:
            raise TreeChangedError(f"{path} in {self._top} changed while it was read.")
        return data


def tip_by_libgit2(folder: Path, ref: str | None) -> str:
    """The id that a ref, or HEAD, is at. Raises CcingestError when the repository can't be read."""
    with git_errors(Reference("github", folder.name, f"file://{folder}")):
        return str(open_repository(folder).lookup_reference(ref or "HEAD").resolve().target)


def commits_between(folder: Path, old: str, tip: str) -> tuple[str, int | None, int | None]:
    """The commit that the id `tip` is, or is a tag of, and how many commits it has that `old` has
    not, and the other way round; None each where `old` is not there.

    Raises CcingestError when the repository can't be read.
    """
    with git_errors(Reference("github", folder.name, f"file://{folder}")):
        try:
            return _commits_between(folder, old, tip)
        except (KeyError, ValueError, pygit2.GitError):
            new = open_repository(folder)[tip].peel(pygit2.Commit).id
            return str(new), None, None


@lru_cache(maxsize=1000)
def _commits_between(folder: Path, old: str, tip: str) -> tuple[str, int, int]:
    """Takes some time, and what it finds never changes."""
    repository = open_repository(folder)
    new = repository[tip].peel(pygit2.Commit).id
    behind, ahead = repository.ahead_behind(new, pygit2.Oid(hex=old))
    return str(new), behind, ahead


def _blob_at(tree: pygit2.Tree, path: str) -> str | None:
    try:
        found = tree / path
    except (KeyError, TypeError, ValueError, UnicodeEncodeError):
        return None
    return str(found.id) if isinstance(found, pygit2.Blob) else None
