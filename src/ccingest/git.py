"""RepoRef -> Checkout, and reading the checkout's objects. The only import of pygit2.

A remote repository is fetched bare, one commit deep where the server can; a local one is read in
place. No work tree is ever written, so no path, link or hook of a repository can touch the disk.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import stat
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pygit2
from pygit2.enums import CredentialType, FileMode

from ccingest.errors import (
    AccessError,
    BranchNotFoundError,
    CcingestError,
    CommitNotFoundError,
    EmptyRepositoryError,
    NetworkError,
    RateLimitedError,
    RepositoryNotFoundError,
    StorageFullError,
    StoreError,
    UnbornHeadError,
)
from ccingest.events import Emit, TransferProgress, discard
from ccingest.records import Checkout, RepoRef
from ccingest.settings import PUBLIC_HOST

_CONNECT_TIMEOUT = 20_000  # ms
_STALL_TIMEOUT = 60_000  # ms without a byte; a transfer that moves may take as long as it takes
_EMIT_INTERVAL = 0.1  # seconds
_TARGET = "refs/ccingest/target"
_DEEPEST = 256  # folders within folders
_MOST_ENTRIES = 2_000_000  # of one tree, folders included: a tree bomb stops here

TREE = int(FileMode.TREE)
LINK = int(FileMode.LINK)
SUBMODULE = int(FileMode.COMMIT)


@dataclass(frozen=True, slots=True)
class Access:
    """A token and the one host it belongs to."""

    token: str | None = None
    host: str = PUBLIC_HOST

    def __repr__(self) -> str:
        return f"Access(host={self.host!r})"

    def token_for(self, url: str) -> str | None:
        """The token, if it may go to this URL: its own host, over TLS or the loopback."""
        parts = urlsplit(url)
        host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
        is_safe = parts.scheme == "https" or _is_loopback(parts.hostname or "")
        return self.token if is_safe and host == self.host else None


@dataclass(frozen=True, slots=True)
class Resolved:
    """A commit to fetch. `branch` is None when it was asked for by its id."""

    sha: str
    branch: str | None
    ref_name: str | None = None  # "refs/heads/main": what to fetch where ids can't be asked for


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One file, link or submodule of a commit's tree."""

    path: bytes
    blob_id: str
    mode: int


def resolve(ref: RepoRef, *, branch: str | None, sha: str | None, access: Access) -> Resolved:
    """Ask the repository which commit is meant. `branch` may be a tag; None is the default branch.

    Raises RepositoryNotFoundError, AccessError, NetworkError, BranchNotFoundError,
    EmptyRepositoryError, UnbornHeadError. That a commit id exists is only known after fetching.
    """
    wanted = branch or ref.branch
    refs, head = _local_refs(ref) if ref.is_local else _remote_refs(ref, access)
    if sha:
        return Resolved(sha, wanted)
    if not refs:
        raise EmptyRepositoryError(f"{ref.full_name} is empty: it has no commit yet.")
    if wanted is None:
        if head not in refs:
            missing = f", {_short(head)}," if head else ""
            raise UnbornHeadError(
                f"The default branch{missing} of {ref.full_name} does not exist{_some(refs)}; "
                "name one with --branch."
            )
        return Resolved(refs[head], _short(head), head)
    for name in (f"refs/heads/{wanted}", f"refs/tags/{wanted}^{{}}", f"refs/tags/{wanted}"):
        if name in refs:
            return Resolved(refs[name], wanted, name.removesuffix("^{}"))
    raise BranchNotFoundError(f"{ref.full_name} has no branch or tag {wanted!r}{_some(refs)}.")


def fetch_checkout(
    ref: RepoRef, resolved: Resolved, *, into: Path, access: Access, emit: Emit = discard
) -> Checkout:
    """Have the commit's objects on this disk: fetched into `into`, or where they are already.

    Raises what `resolve` raises, CommitNotFoundError, StorageFullError, and what `emit` raises.
    """
    if ref.is_local:
        path = Path(_open_local(ref).path)
    else:
        path = into / "repository.git"
        _fetch(ref, resolved, path, access, emit)
    found = _open(path).get(resolved.sha)
    commit = found.peel(pygit2.Commit) if isinstance(found, pygit2.Tag) else found
    if not isinstance(commit, pygit2.Commit):
        raise CommitNotFoundError(f"{ref.full_name} has no commit {resolved.sha}.")
    return Checkout(ref, path, str(commit.id), resolved.branch)


class ObjectReader:
    """The files of a checkout, straight from its object database."""

    def __init__(self, checkout: Checkout) -> None:
        self._checkout = checkout
        self._repository = _open(checkout.path)
        self._odb = self._repository.odb

    def entries(self) -> Iterator[TreeEntry]:
        """Every file, link and submodule of the commit, folders deeper than 256 left out.

        Raises StoreError when the tree has over two million entries.
        """
        with _git_errors(self._checkout.ref):
            commit = self._repository[self._checkout.sha]
            assert isinstance(commit, pygit2.Commit)
            yield from self._walk(commit.tree)

    def size(self, blob_id: str) -> int | None:
        """Bytes of a blob, from its header alone; None when it is not there."""
        try:
            header: tuple[int, int] = self._odb.read_header(pygit2.Oid(hex=blob_id))
        except (KeyError, pygit2.GitError):
            return None
        return header[1]

    def read(self, blob_id: str) -> bytes | None:
        """A blob's content; None when it is not there or damaged."""
        try:
            return bytes(self._odb.read(pygit2.Oid(hex=blob_id))[1])
        except (KeyError, pygit2.GitError):
            return None

    def _walk(self, root: pygit2.Tree) -> Iterator[TreeEntry]:
        pending: list[tuple[bytes, int, pygit2.Tree]] = [(b"", 0, root)]
        count = 0
        while pending:
            prefix, depth, tree = pending.pop()
            for item in tree:
                count += 1
                if count > _MOST_ENTRIES:
                    raise StoreError(
                        f"{self._checkout.ref.full_name} has over {_MOST_ENTRIES:,} files."
                    )
                path = prefix + (item.raw_name or b"")
                if int(item.filemode) == TREE:
                    if depth < _DEEPEST and isinstance(item, pygit2.Tree):
                        pending.append((path + b"/", depth + 1, item))
                else:
                    yield TreeEntry(path, str(item.id), int(item.filemode))


@contextmanager
def temporary_clone(clones: Path) -> Iterator[Path]:
    """A new folder under `clones`, removed at the end. Locked, so that a sweep spares it."""
    folder = clones / uuid.uuid4().hex
    folder.mkdir(mode=0o700, parents=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder
    finally:
        _remove(folder)
        os.close(lock)


def remove_stale_clones(clones: Path) -> int:
    """Remove the folders whose process is gone; returns how many those were."""
    removed = 0
    for folder in clones.iterdir() if clones.is_dir() else ():
        try:
            lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:  # gone meanwhile, or no clone at all
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(folder)
            removed += 1
        except BlockingIOError:
            continue
        finally:
            os.close(lock)
    return removed


def library_versions() -> str:
    return f"pygit2 {version('pygit2')}, libgit2 {pygit2.LIBGIT2_VERSION}"


class _Callbacks(pygit2.RemoteCallbacks):
    """Credentials and progress of one transfer; remembers what an exception could not carry."""

    def __init__(self, url: str, access: Access, emit: Emit) -> None:
        super().__init__()
        self._url = url
        self._access = access
        self._emit = emit
        self._next_emit = 0.0
        self.has_token = access.token is not None
        self.gave_token = False

    def credentials(
        self,
        url: str,
        username_from_url: str | None,  # noqa: ARG002 - the name is libgit2's
        allowed_types: CredentialType,  # noqa: ARG002
    ) -> pygit2.UserPass:
        token = self._access.token_for(url)
        # Asked a second time, the server has refused it: giving it again would go on for ever.
        if self.gave_token or not token:
            raise pygit2.Passthrough
        self.gave_token = True
        return pygit2.UserPass("x-access-token", token)

    def transfer_progress(self, stats: pygit2.remotes.TransferProgress) -> None:
        now = time.monotonic()
        if now >= self._next_emit or stats.received_objects == stats.total_objects:
            self._next_emit = now + _EMIT_INTERVAL
            self._emit(
                TransferProgress(stats.received_objects, stats.total_objects, stats.received_bytes)
            )


def _remote_refs(ref: RepoRef, access: Access) -> tuple[dict[str, str], str | None]:
    """All refs by name, and the name that HEAD stands for."""
    callbacks = _Callbacks(ref.clone_url, access, discard)
    _set_timeouts()
    with _git_errors(ref, callbacks):
        remote = pygit2.Repository().remotes.create_anonymous(ref.clone_url)
        heads = remote.list_heads(callbacks=callbacks, proxy=True)
    refs = {str(head.name): str(head.oid) for head in heads}
    at_head = refs.pop("HEAD", None)
    for head in heads:
        if head.name == "HEAD" and head.symref_target:
            return refs, str(head.symref_target)
    # An old server does not say; any branch at that commit will do.
    return refs, next((name for name, oid in sorted(refs.items()) if oid == at_head), None)


def _local_refs(ref: RepoRef) -> tuple[dict[str, str], str | None]:
    repository = _open_local(ref)
    with _git_errors(ref):
        refs = {
            name: str(repository.references[name].resolve().target)
            for name in repository.references
            if name.startswith(("refs/heads/", "refs/tags/"))
        }
        target = repository.lookup_reference("HEAD").target
    if isinstance(target, str):
        return refs, target
    return {**refs, "HEAD": str(target)}, "HEAD"  # detached


def _open_local(ref: RepoRef) -> pygit2.Repository:
    path = Path(unquote(urlsplit(ref.clone_url).path))
    try:
        return _open(path)
    except pygit2.GitError as error:
        raise RepositoryNotFoundError(f"{path} is no git repository (any more).") from error


def _open(path: Path) -> pygit2.Repository:
    # Only objects and refs are read: nothing of the repository's config or hooks runs, so it
    # does not matter who owns it.
    pygit2.settings.owner_validation = False
    return pygit2.Repository(str(path))


def _fetch(ref: RepoRef, resolved: Resolved, path: Path, access: Access, emit: Emit) -> None:
    _set_timeouts()
    with _git_errors(ref):
        repository = pygit2.init_repository(str(path), bare=True)
        remote = repository.remotes.create_anonymous(ref.clone_url)

    def fetch(refspec: str, depth: int) -> None:
        callbacks = _Callbacks(ref.clone_url, access, emit)
        with _git_errors(ref, callbacks):
            remote.fetch([refspec], callbacks=callbacks, proxy=True, depth=depth)

    try:
        fetch(f"+{resolved.sha}:{_TARGET}", 1)
        return
    except _IdsNotServedError:
        pass
    if resolved.ref_name:
        fetch(f"+{resolved.ref_name}:{_TARGET}", 1)
    if resolved.sha not in repository:
        # No tip (any more): then it must be in some branch's history.
        fetch("+refs/heads/*:refs/heads/*", 0)


class _IdsNotServedError(CcingestError):
    """The server gives out branches and tags, not commits by their ids."""


def _set_timeouts() -> None:
    pygit2.settings.server_connect_timeout = _CONNECT_TIMEOUT
    pygit2.settings.server_timeout = _STALL_TIMEOUT


@contextmanager
def _git_errors(ref: RepoRef, callbacks: _Callbacks | None = None) -> Iterator[None]:
    """The one edge where libgit2's errors become ours; libgit2 tells the cause in the text only."""
    try:
        yield
    except KeyError as error:
        raise StoreError(f"{ref.full_name} is damaged: the object {error} is missing.") from error
    except (pygit2.GitError, OSError) as error:
        # Not chained: the text may hold the URL as it was given.
        raise _translated(ref, callbacks, str(error)) from None


def _translated(  # noqa: PLR0911 - a table of causes
    ref: RepoRef, callbacks: _Callbacks | None, text: str
) -> CcingestError:
    name = f"{ref.host}/{ref.full_name}" if ref.host else ref.full_name
    status = re.search(r"status code: (\d{3})", text)
    code = int(status[1]) if status else 0
    if "cannot fetch a specific object" in text:
        return _IdsNotServedError(text)
    if "unexpected packet type" in text or "not our ref" in text:
        return CommitNotFoundError(f"{name} has no such commit.")
    if "authentication" in text or code in (401, 403):
        return _no_access(name, callbacks)
    if code == 404:
        return RepositoryNotFoundError(
            f"{name} does not exist, or the token may not see it; check the spelling."
        )
    if code == 429:
        return RateLimitedError(f"{ref.host} asks to slow down (HTTP 429); try again later.")
    if "No space left" in text or "Disk quota" in text:
        return StorageFullError(f"The disk is full: could not fetch {name}.")
    if ref.is_local:
        return StoreError(f"{name} can't be read: {text}.")
    return NetworkError(f"Could not fetch {name}: {text}.")


def _no_access(name: str, callbacks: _Callbacks | None) -> AccessError:
    if callbacks and callbacks.gave_token:
        return AccessError(f"{name} refuses the token; check that it is valid and may read it.")
    if callbacks and callbacks.has_token:
        return AccessError(
            f"{name} wants a token, and the one given is for another host or the connection is "
            "not encrypted; set GH_HOST to the token's host."
        )
    return AccessError(f"{name} does not exist or is private; set GITHUB_TOKEN to a token for it.")


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def _short(ref: str) -> str:
    return ref.removeprefix("refs/heads/").removeprefix("refs/tags/")


def _some(refs: dict[str, str]) -> str:
    names = [_short(name) for name in sorted(refs) if name.startswith("refs/heads/")]
    if not names:
        return ""
    more = ", ..." if len(names) > 5 else ""
    return f" (there is {', '.join(names[:5])}{more})"


def _remove(folder: Path) -> None:
    def make_writable(function: Callable[[str], object], path: str, _: object) -> None:
        # Git writes its objects read-only.
        Path(path).chmod(stat.S_IRWXU)
        function(path)

    shutil.rmtree(folder, onerror=make_writable)
