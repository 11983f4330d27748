"""The settings of libgit2, and opening a repository on this disk."""

from __future__ import annotations

import os
import re
from importlib.metadata import version
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

import pygit2
from pygit2.enums import ConfigLevel, RepositoryOpenFlag

from ccingest.errors import RepositoryNotFoundError, UnsupportedSourceError
from ccingest.models import Reference
from ccingest.sources.git.advertisement import server_text
from ccingest.sources.git.control_files import why_unreadable

# What libgit2 says of SHA-256 ids, reftable, and other extensions of a repository's format.
_UNSUPPORTED = re.compile(r"unsupported (?:extension|repository version)|unknown object format")

CONNECT_TIMEOUT = 20_000  # ms
# How much of a pack is mapped at a time, in bytes. By default, libgit2 maps large parts of packs, which
# count as used memory.
PACK_WINDOW = 2 * 1024 * 1024
PACK_MAPPED = 16 * 1024 * 1024
_CONFIG = Path(__file__).parent / "config"  # libgit2 reads the file `config` in this folder
STALL_TIMEOUT = 60_000  # ms without a byte; a transfer that receives bytes has no limit

# pygit2 1.18, the last version for Python 3.10, has to read a whole blob to get its size.
READS_HEADERS = hasattr(pygit2.Odb, "read_header")


def configure() -> None:
    """Make libgit2's settings for the whole process. Entry points call this, see process.py.

    A program that uses the library without it has libgit2's defaults: no time-outs, the user's git
    configuration, and redirects that libgit2 follows. The token is safe with them as well.
    """
    settings = pygit2.settings
    settings.server_connect_timeout = CONNECT_TIMEOUT
    settings.server_timeout = STALL_TIMEOUT
    settings.mwindow_size = PACK_WINDOW
    settings.mwindow_mapped_limit = PACK_MAPPED
    # We read only objects and refs and run nothing of a repository's config or hooks. So its owner does
    # not matter.
    settings.owner_validation = False
    # The user's git config may rewrite URLs (insteadOf), and so clone over SSH or with another password.
    # Proxies come from the environment.
    for level in (ConfigLevel.SYSTEM, ConfigLevel.GLOBAL, ConfigLevel.PROGRAMDATA):
        settings.search_path[level] = ""
    settings.search_path[ConfigLevel.XDG] = str(_CONFIG)


def open_repository(path: Path) -> pygit2.Repository:
    """Open a repository. Raises pygit2.GitError when there is none, or it can't be read."""
    try:
        return pygit2.Repository(str(path))
    except OSError as error:  # its work tree, say, is not there
        raise pygit2.GitError(str(error)) from None


def open_local(ref: Reference) -> pygit2.Repository:
    """Open the local repository of a reference.

    Raises RepositoryNotFoundError and UnsupportedSourceError.
    """
    return open_at(Path(os.fsdecode(unquote_to_bytes(urlsplit(ref.location).path))))


def open_at(path: Path) -> pygit2.Repository:
    """Open the repository of a user's, given by its work tree or its own folder.

    Raises RepositoryNotFoundError and UnsupportedSourceError.
    """
    if why := why_unreadable(path):
        raise RepositoryNotFoundError(f"{path} can't be read as a git repository: {why}.")
    try:
        return open_repository(path)
    except pygit2.GitError as error:
        text = server_text(str(error)).removeprefix(f"{path}: ")
        if _UNSUPPORTED.search(text):
            raise UnsupportedSourceError(
                f"{path} is a git repository of a form that libgit2 can't read: {text}; add a clone "
                "of it in the usual form, with SHA-1 ids and refs in files."
            ) from None
        why = f"can't be read as a git repository: {text}" if path.is_dir() else "is not there"
        raise RepositoryNotFoundError(f"{path} {why}.") from None


def repository_folder(ref: Reference) -> Path:
    """Where the objects of a local repository are: a `.git` may be a file that names another folder.

    Raises what `open_local` raises.
    """
    folder = Path(open_local(ref).path)
    common = folder / "commondir"  # of a linked worktree
    if common.is_file():
        return folder / common.read_text(encoding="utf8", errors="surrogateescape").strip()
    return folder


def origin_of(folder: Path) -> str | None:
    """The URL of the remote `origin` of the repository there, as its configuration has it."""
    if why_unreadable(folder):
        return None
    try:
        return open_repository(folder).config["remote.origin.url"]
    except (pygit2.GitError, KeyError, ValueError):  # ValueError: it is no UTF-8
        return None


def folder_of_same_name(ref: Reference) -> str | None:
    """How to name the local repository that `org/repo` could be meant for; None without one."""
    if ref.is_local:
        return None
    try:
        pygit2.Repository(ref.name, RepositoryOpenFlag.NO_SEARCH)
    except pygit2.GitError:
        return None
    return f"./{ref.name}"


def library_versions() -> str:
    return f"pygit2 {version('pygit2')}, libgit2 {pygit2.LIBGIT2_VERSION}"
